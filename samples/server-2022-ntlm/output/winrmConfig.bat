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
rem PowerShell 2 waits for the end of its standard input before it leaves.
call :main <nul >>"%LOG%" 2>&1
exit /b %ERRORLEVEL%

:main
echo [%DATE% %TIME: =0%] winrm bootstrap
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
if exist "%HERE%winrmClose.bat" copy /y "%HERE%winrmClose.bat" "%STATUS%\winrmClose.bat" >nul

rem 1 close
rem A block rule beats every allow rule, whoever adds it, until the last line of this script.
rem Never deleted first: the port would be open for that moment. A second rule of the name does no harm.
set "STEP=1 close"
set "CODE=11"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
netsh advfirewall firewall add rule name=unattend-winrm-hold dir=in action=block protocol=TCP localport=5985,5986 profile=any
if not "%ERRORLEVEL%"=="0" goto failed

rem 2 token filter
rem Local administrators other than the built-in one get their full token over the network.
set "STEP=2 token filter"
set "CODE=12"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f
if not "%ERRORLEVEL%"=="0" goto failed

rem 3 network flyout
rem No question about the network at first logon; the allow rule below holds on any profile.
set "STEP=3 network flyout"
set "CODE=13"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
reg add HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff /f
if not "%ERRORLEVEL%"=="0" goto failed

rem 4 start type
rem The blank after start= is part of the option's syntax.
set "STEP=4 start type"
set "CODE=14"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
sc.exe config WinRM start= delayed-auto
if not "%ERRORLEVEL%"=="0" goto failed

rem 5 start
rem net start fails where the service runs already, so the state decides.
set "STEP=5 start"
set "CODE=15"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
net start WinRM
set /a TRIES=0
:await_winrm
sc.exe query WinRM >"%STATE%"
find ": 4 " "%STATE%" >nul
if "%ERRORLEVEL%"=="0" goto winrm_runs
set /a TRIES+=1
if %TRIES% GEQ 30 echo WinRM is not running after 60 seconds
if %TRIES% GEQ 30 goto failed
ping -n 3 127.0.0.1 >nul
goto await_winrm
:winrm_runs

rem 6 remoting
rem Session configurations for clients that speak PSRP. It opens the firewall too, behind the block rule.
rem The plug-in has a memory quota of its own, which counts after a restart of the service.
set "STEP=6 remoting"
set "CODE=26"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; Enable-PSRemoting -SkipNetworkProfileCheck -Force; Set-Item WSMan:\localhost\Plugin\microsoft.powershell\Quotas\MaxMemoryPerShellMB 2048 -Force; Restart-Service WinRM"
if not "%ERRORLEVEL%"=="0" goto failed
set /a TRIES=0
:await_winrm_again
sc.exe query WinRM >"%STATE%"
find ": 4 " "%STATE%" >nul
if "%ERRORLEVEL%"=="0" goto winrm_again_runs
set /a TRIES+=1
if %TRIES% GEQ 30 echo WinRM is not running after 60 seconds
if %TRIES% GEQ 30 goto failed
ping -n 3 127.0.0.1 >nul
goto await_winrm_again
:winrm_again_runs

rem 7 listener
rem One listener, HTTP on every address, and no other.
set "STEP=7 listener"
set "CODE=17"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; if (Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTP' -and $_.Keys -contains 'Address=*' }) { if ((Get-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTP'}).Port -ne '5985') { Set-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTP'} -ValueSet @{Port = '5985'} } } else { New-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTP'} -ValueSet @{Port = '5985'} }; if (Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' -and $_.Keys -contains 'Address=*' }) { Remove-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTPS'} }"
if not "%ERRORLEVEL%"=="0" goto failed

rem 8 quotas
rem MaxTimeoutms is not less than what the client asks for: Packer asks for its whole winrm_timeout.
set "STEP=8 quotas"
set "CODE=18"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; foreach ($w in 'MaxEnvelopeSizekb=2048','MaxTimeoutms=7200000','Shell\MaxMemoryPerShellMB=2048','Shell\MaxShellsPerUser=30','Shell\MaxProcessesPerShell=100') { $n,$v=$w.Split('='); $n='WSMan:\localhost\'+$n; if ((Get-Item $n).Value -ne $v) { Set-Item $n $v -Force }; if ((Get-Item $n).Value -ne $v) { throw ($n+' stays '+(Get-Item $n).Value) } }"
if not "%ERRORLEVEL%"=="0" goto failed

rem 9 authentication
rem Every message is encrypted: by TLS over https, by the sealing of NTLM or Kerberos over http.
rem Negotiate carries NTLM, and is how the WSMan cmdlets themselves log on here, so it stays on beside Basic.
rem Kerberos stays at its default: a guest in no domain has nobody to ask, and one that joins needs it.
set "STEP=9 authentication"
set "CODE=19"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; foreach ($w in 'Service\AllowUnencrypted=false','Service\Auth\Basic=false','Service\Auth\Kerberos=true','Service\Auth\Negotiate=true','Service\Auth\Certificate=false','Service\Auth\CredSSP=false') { $n,$v=$w.Split('='); $n='WSMan:\localhost\'+$n; if ((Get-Item $n).Value -ne $v) { Set-Item $n $v -Force }; if ((Get-Item $n).Value -ne $v) { throw ($n+' stays '+(Get-Item $n).Value) } }"
if not "%ERRORLEVEL%"=="0" goto failed

rem 10 self test
rem The firewall does not filter loopback, so this works behind the block rule.
rem WinRM must say what it is, which it tells everybody: no user, no TrustedHosts, no proxy has a part.
set "STEP=10 self test"
set "CODE=28"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
set /a TRIES=0
:again_self_test
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; Test-WSMan -ComputerName 127.0.0.1 -Port 5985"
if "%ERRORLEVEL%"=="0" goto passed_self_test
set /a TRIES+=1
if %TRIES% GEQ 5 goto failed
ping -n 3 127.0.0.1 >nul
goto again_self_test
:passed_self_test

rem 11 evidence
rem For the log, and for nobody's decision.
set "STEP=11 evidence"
set "CODE=0"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; Get-WSManInstance winrm/config/Listener -Enumerate; (Get-WSManInstance winrm/config).OuterXml"

rem 12 built-in rules
rem Rules add up: the built-in ones would let in whoever is not named below.
set "STEP=12 built-in rules"
set "CODE=37"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
netsh advfirewall firewall set rule group=@FirewallAPI.dll,-30267 new enable=no >nul
if not "%ERRORLEVEL%"=="0" goto failed

rem 13 allow
rem A rule of our own: the built-in ones differ from release to release in name, profile and reach.
set "STEP=13 allow"
set "CODE=20"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
netsh advfirewall firewall delete rule name=unattend-winrm-allow >nul
netsh advfirewall firewall add rule name=unattend-winrm-allow dir=in action=allow protocol=TCP localport=5985 profile=any remoteip=192.168.56.0/24
if not "%ERRORLEVEL%"=="0" goto failed

rem The marker comes before the opening: a client that gets in may rely on it.
set "STEP=marker"
set "CODE=21"
>"%READY%" echo %DATE% %TIME: =0% %COMPUTERNAME% port=5985 transport=http
if not exist "%READY%" goto failed

rem The last command: with the block rule gone, the allow rule counts.
set "STEP=release"
set "CODE=22"
netsh advfirewall firewall delete rule name=unattend-winrm-hold
if not "%ERRORLEVEL%"=="0" goto failed
echo [%DATE% %TIME: =0%] open
echo WinRM over http on port 5985
echo methods: Kerberos, Negotiate
echo messages: always encrypted
echo let in from: 192.168.56.0/24
>%CONSOLE% echo unattend winrm: open, port=5985 transport=http
exit /b 0

rem The block rule stays: a guest that is half configured is not reachable.
:failed
set "RC=%ERRORLEVEL%"
echo [%DATE% %TIME: =0%] FAILED in step %STEP%: its command ended with %RC%, this script ends with %CODE%
del /f /q "%READY%" >nul 2>&1
>"%FAILED%" echo step=%STEP%
>>"%FAILED%" echo exit_code=%RC%
>>"%FAILED%" echo script_exit_code=%CODE%
>%CONSOLE% echo unattend winrm: FAILED in step %STEP% with %RC%, shut
exit /b %CODE%
