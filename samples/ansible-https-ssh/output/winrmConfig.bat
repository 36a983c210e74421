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
netsh advfirewall firewall add rule name=unattend-winrm-hold dir=in action=block protocol=TCP localport=5985,5986,22 profile=any
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

rem 7 certificate
rem Made here, so no client can know it beforehand. Found again by its friendly name in a second run.
set "STEP=7 certificate"
set "CODE=16"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; $c=$null; foreach ($e in @(Get-ChildItem Cert:\LocalMachine\My)) { if ($e.FriendlyName -eq 'unattend-winrm') { $c=$e } }; if (-not $c) { exit 1 }" >nul 2>&1
if "%ERRORLEVEL%"=="0" goto have_certificate
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; New-SelfSignedCertificate -Subject ('CN='+$env:COMPUTERNAME) -FriendlyName 'unattend-winrm' -CertStoreLocation Cert:\LocalMachine\My -KeyAlgorithm RSA -KeyLength 2048 -HashAlgorithm SHA256 -NotBefore (Get-Date).AddDays(-1) -NotAfter (Get-Date).AddYears(10) -TextExtension @('2.5.29.37={text}1.3.6.1.5.5.7.3.1',('2.5.29.17={text}DNS='+$env:COMPUTERNAME+'&DNS=win2019.lab&IPAddress=10.0.0.19'))"
if not "%ERRORLEVEL%"=="0" goto failed
:have_certificate

rem 8 listener
rem One listener, HTTPS on every address with the certificate made above, and no other.
set "STEP=8 listener"
set "CODE=17"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; $c=$null; foreach ($e in @(Get-ChildItem Cert:\LocalMachine\My)) { if ($e.FriendlyName -eq 'unattend-winrm') { $c=$e } }; if (Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' -and $_.Keys -contains 'Address=*' }) { Remove-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTPS'} }; New-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTPS'} -ValueSet @{Hostname = $c.GetNameInfo('SimpleName',$false); CertificateThumbprint = $c.Thumbprint}; if (Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTP' -and $_.Keys -contains 'Address=*' }) { Remove-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTP'} }"
if not "%ERRORLEVEL%"=="0" goto failed

rem 9 quotas
rem MaxTimeoutms is not less than what the client asks for: Packer asks for its whole winrm_timeout.
set "STEP=9 quotas"
set "CODE=18"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; foreach ($w in 'MaxEnvelopeSizekb=2048','MaxTimeoutms=1800000','Shell\MaxMemoryPerShellMB=2048','Shell\MaxShellsPerUser=30','Shell\MaxProcessesPerShell=100') { $n,$v=$w.Split('='); $n='WSMan:\localhost\'+$n; if ((Get-Item $n).Value -ne $v) { Set-Item $n $v -Force }; if ((Get-Item $n).Value -ne $v) { throw ($n+' stays '+(Get-Item $n).Value) } }"
if not "%ERRORLEVEL%"=="0" goto failed

rem 10 authentication
rem Every message is encrypted: by TLS over https, by the sealing of NTLM or Kerberos over http.
rem Negotiate carries NTLM, and is how the WSMan cmdlets themselves log on here, so it stays on beside Basic.
rem Kerberos stays at its default: a guest in no domain has nobody to ask, and one that joins needs it.
rem CredSSP because the spec asks for it: the client's password itself goes to the guest.
set "STEP=10 authentication"
set "CODE=19"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; foreach ($w in 'Service\AllowUnencrypted=false','Service\Auth\Basic=false','Service\Auth\Kerberos=true','Service\Auth\Negotiate=true','Service\Auth\Certificate=false','Service\Auth\CredSSP=true') { $n,$v=$w.Split('='); $n='WSMan:\localhost\'+$n; if ((Get-Item $n).Value -ne $v) { Set-Item $n $v -Force }; if ((Get-Item $n).Value -ne $v) { throw ($n+' stays '+(Get-Item $n).Value) } }"
if not "%ERRORLEVEL%"=="0" goto failed

rem 11 self test
rem The firewall does not filter loopback, so this works behind the block rule.
rem The listener must show the very certificate. Whether the guest trusts it does not matter here.
set "STEP=11 self test"
set "CODE=28"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
set /a TRIES=0
:again_self_test
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; $c=$null; foreach ($e in @(Get-ChildItem Cert:\LocalMachine\My)) { if ($e.FriendlyName -eq 'unattend-winrm') { $c=$e } }; $t=New-Object Net.Sockets.TcpClient('127.0.0.1',5986); $t.ReceiveTimeout=10000; $s=New-Object Net.Security.SslStream($t.GetStream(),$false,{$true}); $s.AuthenticateAsClient('localhost',$null,3072,$false); if ($s.RemoteCertificate.GetCertHashString() -ne $c.Thumbprint) { exit 1 }"
if "%ERRORLEVEL%"=="0" goto passed_self_test
set /a TRIES+=1
if %TRIES% GEQ 5 goto failed
ping -n 3 127.0.0.1 >nul
goto again_self_test
:passed_self_test

rem 12 evidence
rem For the log, and for nobody's decision.
set "STEP=12 evidence"
set "CODE=0"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; Get-WSManInstance winrm/config/Listener -Enumerate; (Get-WSManInstance winrm/config).OuterXml"

rem 13 allow
rem A rule of our own: the built-in ones differ from release to release in name, profile and reach.
set "STEP=13 allow"
set "CODE=20"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
netsh advfirewall firewall delete rule name=unattend-winrm-allow >nul
netsh advfirewall firewall add rule name=unattend-winrm-allow dir=in action=allow protocol=TCP localport=5986 profile=any remoteip=10.0.0.0/24
if not "%ERRORLEVEL%"=="0" goto failed

rem 14 capability
rem In the box of Server 2025; elsewhere Windows fetches it from Windows Update or the organisation's source.
rem 3010 is success that would like a restart.
set "STEP=14 capability"
set "CODE=23"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
sc.exe query sshd >nul 2>&1
if "%ERRORLEVEL%"=="0" goto have_sshd
dism.exe /online /Add-Capability /CapabilityName:OpenSSH.Server~~~~0.0.1.0 /NoRestart
if "%ERRORLEVEL%"=="3010" goto have_sshd
if not "%ERRORLEVEL%"=="0" goto failed
:have_sshd

rem 15 ssh start type
rem The blank after start= is part of the option's syntax.
set "STEP=15 ssh start type"
set "CODE=32"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
sc.exe config sshd start= auto
if not "%ERRORLEVEL%"=="0" goto failed

rem 16 ssh start
rem net start fails where the service runs already, so the state decides.
set "STEP=16 ssh start"
set "CODE=33"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
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

rem 17 keys
rem For every administrator: sshd reads them from here, and only where nobody else may write the file.
rem SYSTEM and Administrators by their SIDs, since their names are localised.
set "STEP=17 keys"
set "CODE=30"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
copy /y "%HERE%administrators_authorized_keys" "%ProgramData%\ssh\administrators_authorized_keys"
if not "%ERRORLEVEL%"=="0" goto failed
icacls "%ProgramData%\ssh\administrators_authorized_keys" /inheritance:r /grant *S-1-5-18:F /grant *S-1-5-32-544:F
if not "%ERRORLEVEL%"=="0" goto failed

rem 18 shell
rem The program that sshd starts for every session.
set "STEP=18 shell"
set "CODE=31"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
reg add HKLM\SOFTWARE\OpenSSH /v DefaultShell /t REG_SZ /d "%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe" /f
if not "%ERRORLEVEL%"=="0" goto failed

rem 19 ssh self test
rem The firewall does not filter loopback, so this works behind the block rule. sshd greets whoever connects.
set "STEP=19 ssh self test"
set "CODE=34"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
set /a TRIES=0
:again_ssh_self_test
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; $t=New-Object Net.Sockets.TcpClient('127.0.0.1',22); $t.ReceiveTimeout=10000; $r=New-Object IO.StreamReader($t.GetStream()); if (-not $r.ReadLine().StartsWith('SSH-2.0-')) { exit 1 }"
if "%ERRORLEVEL%"=="0" goto passed_ssh_self_test
set /a TRIES+=1
if %TRIES% GEQ 5 goto failed
ping -n 3 127.0.0.1 >nul
goto again_ssh_self_test
:passed_ssh_self_test

rem 20 ssh evidence
rem For the log, and for nobody's decision.
set "STEP=20 ssh evidence"
set "CODE=0"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
sc.exe qc sshd
sc.exe query sshd

rem 21 ssh built-in rules
rem Rules add up: those that came with sshd would let in whoever is not named below.
set "STEP=21 ssh built-in rules"
set "CODE=38"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
netsh advfirewall firewall show rule name="OpenSSH SSH Server Preview (sshd)" >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_sshd_rule
netsh advfirewall firewall set rule name="OpenSSH SSH Server Preview (sshd)" new enable=no
if not "%ERRORLEVEL%"=="0" goto failed
:no_sshd_rule
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; Get-NetFirewallRule -Name OpenSSH-Server-In-TCP -ErrorAction SilentlyContinue | Disable-NetFirewallRule"
if not "%ERRORLEVEL%"=="0" goto failed

rem 22 ssh allow
rem A rule of our own: the built-in ones differ from release to release in name, profile and reach.
set "STEP=22 ssh allow"
set "CODE=35"
echo [%DATE% %TIME: =0%] %STEP%
>%CONSOLE% echo unattend winrm: %STEP%
netsh advfirewall firewall delete rule name=unattend-ssh-allow >nul
netsh advfirewall firewall add rule name=unattend-ssh-allow dir=in action=allow protocol=TCP localport=22 profile=any remoteip=10.0.0.0/24
if not "%ERRORLEVEL%"=="0" goto failed

rem The marker comes before the opening: a client that gets in may rely on it.
set "STEP=marker"
set "CODE=21"
>"%READY%" echo %DATE% %TIME: =0% %COMPUTERNAME% port=5986 transport=https ssh=22
if not exist "%READY%" goto failed

rem The last command: with the block rule gone, the allow rule counts.
set "STEP=release"
set "CODE=22"
netsh advfirewall firewall delete rule name=unattend-winrm-hold
if not "%ERRORLEVEL%"=="0" goto failed
echo [%DATE% %TIME: =0%] open
echo WinRM over https on port 5986
echo methods: Kerberos, Negotiate, CredSSP
echo messages: always encrypted
echo SSH on port 22
echo let in from: 10.0.0.0/24
>%CONSOLE% echo unattend winrm: open, port=5986 transport=https ssh=22
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
