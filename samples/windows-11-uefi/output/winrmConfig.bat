@echo off
rem Opens this guest for winrm: shut first, opened by the last command. Runs any number of times.
setlocal EnableExtensions DisableDelayedExpansion
rem A 32-bit caller would see the 32-bit registry and tools.
if not defined PROCESSOR_ARCHITEW6432 goto native
"%SystemRoot%\Sysnative\cmd.exe" /d /c ""%~f0""
exit /b %ERRORLEVEL%

:native
set "HERE=%~dp0"
set "LOG=%SystemRoot%\Temp\unattend-winrm.log"
set "STATE=%SystemRoot%\Temp\unattend-winrm-state.txt"
set "STATUS=%ProgramData%\unattend"
set "READY=%STATUS%\winrm-ready.txt"
set "FAILED=%STATUS%\winrm-failed.txt"
call :main >>"%LOG%" 2>&1
exit /b %ERRORLEVEL%

:main
echo [%DATE% %TIME%] winrm bootstrap
if not exist "%STATUS%\" md "%STATUS%"
del /f /q "%READY%" "%FAILED%" >nul 2>&1

rem Only an elevated process may ask a volume whether it is dirty.
set "STEP=elevation"
set "CODE=10"
fsutil dirty query %SystemDrive% >nul
if not "%ERRORLEVEL%"=="0" goto failed

rem 1 close
rem A block rule beats every allow rule, whoever adds it, until the last line of this script.
rem Never deleted first: the port would be open for that moment. A second rule of the name does no harm.
set "STEP=1 close"
set "CODE=11"
echo [%DATE% %TIME%] %STEP%
netsh advfirewall firewall add rule name=unattend-winrm-hold dir=in action=block protocol=TCP localport=5985,5986 profile=any
if not "%ERRORLEVEL%"=="0" goto failed

rem 2 token filter
rem Local administrators other than the built-in one get their full token over the network.
set "STEP=2 token filter"
set "CODE=12"
echo [%DATE% %TIME%] %STEP%
reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f
if not "%ERRORLEVEL%"=="0" goto failed

rem 3 network flyout
rem No question about the network at first logon; the allow rule below holds on any profile.
set "STEP=3 network flyout"
set "CODE=13"
echo [%DATE% %TIME%] %STEP%
reg add HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff /f
if not "%ERRORLEVEL%"=="0" goto failed

rem 4 start type
rem The blank after start= is part of the option's syntax.
set "STEP=4 start type"
set "CODE=14"
echo [%DATE% %TIME%] %STEP%
sc.exe config WinRM start= delayed-auto
if not "%ERRORLEVEL%"=="0" goto failed

rem 5 start
rem net start fails where the service runs already, so the state decides.
set "STEP=5 start"
set "CODE=15"
echo [%DATE% %TIME%] %STEP%
net start WinRM
set /a TRIES=0
:await_service
sc.exe query WinRM >"%STATE%"
find ": 4 " "%STATE%" >nul
if "%ERRORLEVEL%"=="0" goto service_runs
set /a TRIES+=1
if %TRIES% GEQ 30 echo WinRM is not running after 60 seconds
if %TRIES% GEQ 30 goto failed
ping -n 3 127.0.0.1 >nul
goto await_service
:service_runs

rem 6 listener
rem One listener, HTTP on every address, and no other.
set "STEP=6 listener"
set "CODE=17"
echo [%DATE% %TIME%] %STEP%
cmd.exe /c winrm get winrm/config/Listener?Address=*+Transport=HTTP >nul 2>&1
if "%ERRORLEVEL%"=="0" goto have_http
cmd.exe /c winrm create winrm/config/Listener?Address=*+Transport=HTTP
if not "%ERRORLEVEL%"=="0" goto failed
:have_http
cmd.exe /c winrm get winrm/config/Listener?Address=*+Transport=HTTPS >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_https
cmd.exe /c winrm delete winrm/config/Listener?Address=*+Transport=HTTPS
if not "%ERRORLEVEL%"=="0" goto failed
:no_https

rem 7 quotas
rem MaxTimeoutms is not less than what the client asks for: Packer asks for its whole winrm_timeout.
set "STEP=7 quotas"
set "CODE=18"
echo [%DATE% %TIME%] %STEP%
cmd.exe /c winrm set winrm/config @{MaxEnvelopeSizekb="2048";MaxTimeoutms="5400000"}
if not "%ERRORLEVEL%"=="0" goto failed
cmd.exe /c winrm set winrm/config/winrs @{MaxMemoryPerShellMB="2048";MaxShellsPerUser="30";MaxProcessesPerShell="100"}
if not "%ERRORLEVEL%"=="0" goto failed

rem 8 authentication
rem AllowUnencrypted because Basic over http has no encryption. For laboratories; winrm_use_ssl ends it.
rem Negotiate carries NTLM, and is how the winrm command itself logs on here, so it stays on beside Basic.
rem Kerberos stays at its default: a guest in no domain has nobody to ask, and one that joins needs it.
set "STEP=8 authentication"
set "CODE=19"
echo [%DATE% %TIME%] %STEP%
cmd.exe /c winrm set winrm/config/service @{AllowUnencrypted="true"}
if not "%ERRORLEVEL%"=="0" goto failed
cmd.exe /c winrm set winrm/config/service/auth @{Basic="true";Kerberos="true";Negotiate="true";Certificate="false";CredSSP="false"}
if not "%ERRORLEVEL%"=="0" goto failed

rem 9 evidence
rem For the log, and for nobody's decision.
set "STEP=9 evidence"
set "CODE=0"
echo [%DATE% %TIME%] %STEP%
cmd.exe /c winrm enumerate winrm/config/Listener
cmd.exe /c winrm get winrm/config

rem 10 allow
rem A rule of our own: the built-in ones differ from release to release in name, profile and reach.
set "STEP=10 allow"
set "CODE=20"
echo [%DATE% %TIME%] %STEP%
netsh advfirewall firewall delete rule name=unattend-winrm-allow >nul
netsh advfirewall firewall add rule name=unattend-winrm-allow dir=in action=allow protocol=TCP localport=5985 profile=any remoteip=any
if not "%ERRORLEVEL%"=="0" goto failed

rem The marker comes before the opening: a client that gets in may rely on it.
set "STEP=marker"
set "CODE=21"
>"%READY%" echo %DATE% %TIME% %COMPUTERNAME% port=5985 transport=http
if not exist "%READY%" goto failed

rem The last command: with the block rule gone, the allow rule counts.
set "STEP=release"
set "CODE=22"
netsh advfirewall firewall delete rule name=unattend-winrm-hold
if not "%ERRORLEVEL%"=="0" goto failed
echo [%DATE% %TIME%] open
exit /b 0

rem The block rule stays: a guest that is half configured is not reachable.
:failed
set "RC=%ERRORLEVEL%"
echo [%DATE% %TIME%] FAILED in step %STEP%: its command ended with %RC%, this script ends with %CODE%
del /f /q "%READY%" >nul 2>&1
>"%FAILED%" echo step=%STEP%
>>"%FAILED%" echo exit_code=%RC%
>>"%FAILED%" echo script_exit_code=%CODE%
exit /b %CODE%
