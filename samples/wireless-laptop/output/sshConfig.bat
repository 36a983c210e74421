@echo off
rem Opens this guest for ssh: shut first, opened by the last command. Runs any number of times.
setlocal EnableExtensions DisableDelayedExpansion
rem A 32-bit caller would see the 32-bit registry and tools.
if not defined PROCESSOR_ARCHITEW6432 goto native
"%SystemRoot%\Sysnative\cmd.exe" /d /c ""%~f0""
exit /b %ERRORLEVEL%

:native
set "HERE=%~dp0"
set "LOG=%SystemRoot%\Temp\unattend-ssh.log"
set "STATE=%SystemRoot%\Temp\unattend-ssh-state.txt"
set "STATUS=%ProgramData%\unattend"
set "READY=%STATUS%\ssh-ready.txt"
set "FAILED=%STATUS%\ssh-failed.txt"
rem PowerShell 2 waits for the end of its standard input before it leaves.
call :main <nul >>"%LOG%" 2>&1
exit /b %ERRORLEVEL%

:main
echo [%DATE% %TIME: =0%] ssh bootstrap
if not exist "%STATUS%\" md "%STATUS%"
del /f /q "%READY%" "%FAILED%" >nul 2>&1

rem Each step also goes to the first serial port, for whoever has nothing but the hypervisor to look at.
rem Only where Windows lists one: writing to a port that is not there is an error, and to one that is never waits.
set "CONSOLE=nul"
reg query HKLM\HARDWARE\DEVICEMAP\SERIALCOMM >"%STATE%" 2>nul
find "COM1" "%STATE%" >nul
if "%ERRORLEVEL%"=="0" set "CONSOLE=COM1"

rem Only an elevated process may ask a volume whether it is dirty.
set "STEP=elevation"
set "CODE=10"
fsutil dirty query %SystemDrive% >nul
if not "%ERRORLEVEL%"=="0" goto failed

rem The way back stays in the guest when the medium is gone.
if exist "%HERE%sshClose.bat" copy /y "%HERE%sshClose.bat" "%STATUS%\sshClose.bat" >nul

rem 1 close
rem A block rule beats every allow rule, whoever adds it, until the last line of this script.
rem Never deleted first: the port would be open for that moment. A second rule of the name does no harm.
set "STEP=1 close"
set "CODE=11"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend ssh: %STEP%
netsh advfirewall firewall add rule name=unattend-ssh-hold dir=in action=block protocol=TCP localport=22 profile=any
if not "%ERRORLEVEL%"=="0" goto failed

rem 2 network flyout
rem No question about the network at first logon; the allow rule below holds on any profile.
set "STEP=2 network flyout"
set "CODE=13"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend ssh: %STEP%
reg add HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff /f
if not "%ERRORLEVEL%"=="0" goto failed

rem 3 capability
rem In the box of Server 2025; elsewhere Windows fetches it from Windows Update or the organisation's source.
rem 3010 is success that would like a restart.
set "STEP=3 capability"
set "CODE=23"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend ssh: %STEP%
sc.exe query sshd >nul 2>&1
if "%ERRORLEVEL%"=="0" goto have_sshd
dism.exe /online /Add-Capability /CapabilityName:OpenSSH.Server~~~~0.0.1.0 /NoRestart
if "%ERRORLEVEL%"=="3010" goto have_sshd
if not "%ERRORLEVEL%"=="0" goto failed
:have_sshd

rem 4 start type
rem The blank after start= is part of the option's syntax.
set "STEP=4 start type"
set "CODE=32"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend ssh: %STEP%
sc.exe config sshd start= auto
if not "%ERRORLEVEL%"=="0" goto failed

rem 5 start
rem net start fails where the service runs already, so the state decides.
set "STEP=5 start"
set "CODE=33"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend ssh: %STEP%
net start sshd
set /a TRIES=0
:await_sshd
sc.exe query sshd >"%STATE%"
find ": 4 " "%STATE%" >nul
if "%ERRORLEVEL%"=="0" goto sshd_runs
set /a TRIES+=1
if %TRIES% GEQ 30 echo sshd is not running after 60 seconds
if %TRIES% GEQ 30 goto failed
ping -n 3 127.0.0.1 >nul
goto await_sshd
:sshd_runs

rem 6 self test
rem The firewall does not filter loopback, so this works behind the block rule. sshd greets whoever connects.
set "STEP=6 self test"
set "CODE=34"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend ssh: %STEP%
set /a TRIES=0
:again_ssh_self_test
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; $t=New-Object Net.Sockets.TcpClient('127.0.0.1',22); $t.ReceiveTimeout=10000; $r=New-Object IO.StreamReader($t.GetStream()); if (-not $r.ReadLine().StartsWith('SSH-2.0-')) { exit 1 }"
if "%ERRORLEVEL%"=="0" goto passed_ssh_self_test
set /a TRIES+=1
if %TRIES% GEQ 5 goto failed
ping -n 3 127.0.0.1 >nul
goto again_ssh_self_test
:passed_ssh_self_test

rem 7 evidence
rem For the log, and for nobody's decision.
set "STEP=7 evidence"
set "CODE=0"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend ssh: %STEP%
sc.exe qc sshd
sc.exe query sshd

rem 8 allow
rem A rule of our own: the built-in ones differ from release to release in name, profile and reach.
set "STEP=8 allow"
set "CODE=35"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend ssh: %STEP%
netsh advfirewall firewall delete rule name=unattend-ssh-allow >nul
netsh advfirewall firewall add rule name=unattend-ssh-allow dir=in action=allow protocol=TCP localport=22 profile=any remoteip=any
if not "%ERRORLEVEL%"=="0" goto failed

rem The marker comes before the opening: a client that gets in may rely on it.
set "STEP=marker"
set "CODE=21"
>"%READY%" echo %DATE% %TIME: =0% %COMPUTERNAME% port=22 transport=ssh
if not exist "%READY%" goto failed

rem The last command: with the block rule gone, the allow rule counts.
set "STEP=release"
set "CODE=22"
netsh advfirewall firewall delete rule name=unattend-ssh-hold
if not "%ERRORLEVEL%"=="0" goto failed
echo [%DATE% %TIME: =0%] open
echo SSH on port 22
echo let in from: anywhere
>%CONSOLE% echo unattend ssh: open, port=22 transport=ssh
exit /b 0

rem The block rule stays: a guest that is half configured is not reachable.
:failed
set "RC=%ERRORLEVEL%"
echo [%DATE% %TIME: =0%] FAILED in step %STEP%: its command ended with %RC%, this script ends with %CODE%
del /f /q "%READY%" >nul 2>&1
>"%FAILED%" echo step=%STEP%
>>"%FAILED%" echo exit_code=%RC%
>>"%FAILED%" echo script_exit_code=%CODE%
>%CONSOLE% echo unattend ssh: FAILED in step %STEP% with %RC%, shut
exit /b %CODE%
