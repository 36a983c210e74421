@echo off
rem Shuts this guest again, for good: what winrmConfig.bat opened and set up is taken back.
rem Give it the word shutdown, and it turns the guest off when all is done.
rem Whoever calls it over the network stands on what it takes away: it hands the work to a task, and comes back at once.
setlocal EnableExtensions DisableDelayedExpansion
rem A 32-bit caller would see the 32-bit registry and tools.
if not defined PROCESSOR_ARCHITEW6432 goto native
"%SystemRoot%\Sysnative\cmd.exe" /d /c ""%~f0" %*"
exit /b %ERRORLEVEL%

:native
set "LOG=%SystemRoot%\Temp\unattend-winrm-close.log"
set "STATUS=%ProgramData%\unattend"
set "CLOSED=%STATUS%\winrm-closed.txt"
set "FAILED=%STATUS%\winrm-close-failed.txt"
rem SYSTEM is to run this: it lies where only administrators write, and not in a folder for temporary files.
set "RUNNER=%SystemRoot%\unattend-close.bat"
set "AFTER="
if /i "%~1"=="shutdown" set "AFTER=shutdown"
if /i "%~2"=="shutdown" set "AFTER=shutdown"
if /i "%~1"=="now" goto now
rem What this half says is for whoever called; the log is the task's, and two cannot write it.
call :hand_over
exit /b %ERRORLEVEL%

:now
rem PowerShell 2 waits for the end of its standard input before it leaves.
call :main <nul >>"%LOG%" 2>&1
exit /b %ERRORLEVEL%

rem From a shell of WinRM's or sshd's everything ends with the shell, except what the task scheduler started.
:hand_over
if not exist "%STATUS%\" md "%STATUS%"
set "CODE=10"
fsutil dirty query %SystemDrive% >nul
if not "%ERRORLEVEL%"=="0" goto refused
set "CODE=40"
del /f /q "%RUNNER%" >nul 2>&1
copy /y "%~f0" "%RUNNER%" >nul
if not exist "%RUNNER%" goto refused
rem The time is over for today: the task runs when it is told to, and never by itself.
schtasks /create /f /tn unattend-close /sc once /st 00:00 /ru SYSTEM /rl HIGHEST /tr "cmd.exe /d /c %RUNNER% now %AFTER%"
if not "%ERRORLEVEL%"=="0" goto refused
rem With /i on battery too. It is in the program's own help and in no page of its reference: without it where it fails.
schtasks /run /i /tn unattend-close
if not "%ERRORLEVEL%"=="0" schtasks /run /tn unattend-close
if not "%ERRORLEVEL%"=="0" goto refused
echo In 5 seconds this guest is closed. The log: %LOG%
exit /b 0

:refused
echo Nothing was closed. This script ends with %CODE%.
exit /b %CODE%

:main
echo [%DATE% %TIME: =0%] closing
if not exist "%STATUS%\" md "%STATUS%"
del /f /q "%CLOSED%" "%FAILED%" >nul 2>&1
rem The client hears that its command ended, and goes.
ping -n 6 127.0.0.1 >nul
rem A failure does not end it: what can be taken back is.
set "BAD="

rem 1 hold
rem A block rule beats every allow rule, and stays if anything below fails.
set "STEP=1 hold"
echo [%DATE% %TIME: =0%] %STEP%
netsh advfirewall firewall add rule name=unattend-winrm-hold dir=in action=block protocol=TCP localport=5985,5986 profile=any
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"

rem 2 service
rem Only a running service takes settings.
set "STEP=2 service"
echo [%DATE% %TIME: =0%] %STEP%
net start WinRM >nul 2>&1
ping -n 4 127.0.0.1 >nul

rem 3 methods
rem Windows' own: Kerberos and Negotiate, and every message encrypted.
rem A client refuses this while a network is Public, as one is that nobody was asked about, or that is not identified
rem yet. Where it does, networks are Private until it is done.
set "STEP=3 methods"
echo [%DATE% %TIME: =0%] %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; $public=@(); try { for ($i=1; $true; $i++) { try { foreach ($w in 'Service\AllowUnencrypted=false','Service\Auth\Basic=false','Service\Auth\Kerberos=true','Service\Auth\Negotiate=true','Service\Auth\Certificate=false','Service\Auth\CredSSP=false') { $n,$v=$w.Split('='); $n='WSMan:\localhost\'+$n; if ((Get-Item $n).Value -ne $v) { Set-Item $n $v -Force }; if ((Get-Item $n).Value -ne $v) { throw ($n+' stays '+(Get-Item $n).Value) } }; break } catch { if ($i -ge 30) { throw }; $_.Exception.Message }; foreach ($c in [Activator]::CreateInstance([Type]::GetTypeFromCLSID([Guid]'{DCB00C01-570F-4A9B-8D69-199FDBA5723B}')).GetNetworkConnections()) { $k=$c.GetNetwork(); if ($k.GetCategory() -eq 0) { try { $k.SetCategory(1); $public+=$k } catch { $_.Exception.Message } } }; Start-Sleep 2 } } finally { foreach ($k in $public) { try { $k.SetCategory(0) } catch { $_.Exception.Message } } }"
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"

rem 4 quotas
rem Windows' own.
set "STEP=4 quotas"
echo [%DATE% %TIME: =0%] %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; $public=@(); try { for ($i=1; $true; $i++) { try { foreach ($w in 'MaxEnvelopeSizekb=500','MaxTimeoutms=60000','Shell\MaxMemoryPerShellMB=1024','Shell\MaxShellsPerUser=30','Shell\MaxProcessesPerShell=25') { $n,$v=$w.Split('='); $n='WSMan:\localhost\'+$n; if ((Get-Item $n).Value -ne $v) { Set-Item $n $v -Force }; if ((Get-Item $n).Value -ne $v) { throw ($n+' stays '+(Get-Item $n).Value) } }; break } catch { if ($i -ge 30) { throw }; $_.Exception.Message }; foreach ($c in [Activator]::CreateInstance([Type]::GetTypeFromCLSID([Guid]'{DCB00C01-570F-4A9B-8D69-199FDBA5723B}')).GetNetworkConnections()) { $k=$c.GetNetwork(); if ($k.GetCategory() -eq 0) { try { $k.SetCategory(1); $public+=$k } catch { $_.Exception.Message } } }; Start-Sleep 2 } } finally { foreach ($k in $public) { try { $k.SetCategory(0) } catch { $_.Exception.Message } } }"
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"

rem 5 listeners
rem None stays, not even a server's own: winrm quickconfig brings that back.
set "STEP=5 listeners"
echo [%DATE% %TIME: =0%] %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop'; if (Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTP' -and $_.Keys -contains 'Address=*' }) { Remove-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTP'} }; if (Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' -and $_.Keys -contains 'Address=*' }) { Remove-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTPS'} }"
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"

rem 6 start type
rem Windows' own. Where that is to start by itself, nothing listens all the same.
set "STEP=6 start type"
echo [%DATE% %TIME: =0%] %STEP%
net stop WinRM
sc.exe config WinRM start= demand
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"

rem 7 winrm rule
rem Our own.
set "STEP=7 winrm rule"
echo [%DATE% %TIME: =0%] %STEP%
netsh advfirewall firewall show rule name=unattend-winrm-allow >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_winrm_rule
netsh advfirewall firewall delete rule name=unattend-winrm-allow
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
:no_winrm_rule

rem 8 token filter
rem UAC filters the network logons of local administrators again.
set "STEP=8 token filter"
echo [%DATE% %TIME: =0%] %STEP%
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System /v LocalAccountTokenFilterPolicy >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_token
reg delete HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System /v LocalAccountTokenFilterPolicy /f
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
:no_token

rem 9 network flyout
rem Windows asks about new networks again.
set "STEP=9 network flyout"
echo [%DATE% %TIME: =0%] %STEP%
reg query HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_flyout
reg delete HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff /f
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
:no_flyout

rem 10 autologon
rem Nobody logs on by himself any more.
set "STEP=10 autologon"
echo [%DATE% %TIME: =0%] %STEP%
reg add "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoAdminLogon /t REG_SZ /d 0 /f
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v DefaultPassword >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_defaultpassword
reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v DefaultPassword /f
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
:no_defaultpassword
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v DefaultUserName >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_defaultusername
reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v DefaultUserName /f
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
:no_defaultusername
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v DefaultDomainName >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_defaultdomainname
reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v DefaultDomainName /f
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
:no_defaultdomainname
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoLogonCount >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_autologoncount
reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoLogonCount /f
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
:no_autologoncount
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoLogonSID >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_autologonsid
reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoLogonSID /f
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
:no_autologonsid
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v ForceAutoLogon >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto no_forceautologon
reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v ForceAutoLogon /f
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"
:no_forceautologon

rem 11 autologon secret
rem Setup keeps the autologon password as a secret of LSA's, which no registry editor shows.
rem Storing nothing under its name deletes it.
set "STEP=11 autologon secret"
echo [%DATE% %TIME: =0%] %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command ^"$ErrorActionPreference='Stop'; Add-Type -Namespace Unattend -Name Lsa -MemberDefinition '[DllImport^(\^"advapi32\^"^)]public static extern uint LsaOpenPolicy^(IntPtr s,byte[] o,uint a,out IntPtr h^);[DllImport^(\^"advapi32\^"^)]public static extern uint LsaStorePrivateData^(IntPtr h,ref Text k,IntPtr d^);public struct Text{public ushort Length,Size;[MarshalAs^(UnmanagedType.LPWStr^)]public string Buffer;}';$k=New-Object Unattend.Lsa+Text;$k.Buffer='DefaultPassword';$k.Length=30;$k.Size=32;$h=[IntPtr]::Zero;if^([Unattend.Lsa]::LsaOpenPolicy^([IntPtr]::Zero,^(New-Object byte[] 48^),0x20,[ref]$h^)^){exit 1};$r=[Unattend.Lsa]::LsaStorePrivateData^($h,[ref]$k,[IntPtr]::Zero^);if^($r -and $r -ne 3221225524^){exit 1}^"
if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"

rem 12 answer files
rem With the passwords in them.
set "STEP=12 answer files"
echo [%DATE% %TIME: =0%] %STEP%
del /f /q "%SystemRoot%\Panther\unattend.xml" >nul 2>&1
if exist "%SystemRoot%\Panther\unattend.xml" set "BAD=%BAD% [%STEP%]"
del /f /q "%SystemRoot%\Panther\autounattend.xml" >nul 2>&1
if exist "%SystemRoot%\Panther\autounattend.xml" set "BAD=%BAD% [%STEP%]"
del /f /q "%SystemRoot%\Panther\unattend-original.xml" >nul 2>&1
if exist "%SystemRoot%\Panther\unattend-original.xml" set "BAD=%BAD% [%STEP%]"
del /f /q "%SystemRoot%\Panther\Unattend\unattend.xml" >nul 2>&1
if exist "%SystemRoot%\Panther\Unattend\unattend.xml" set "BAD=%BAD% [%STEP%]"
del /f /q "%SystemRoot%\Panther\Unattend\autounattend.xml" >nul 2>&1
if exist "%SystemRoot%\Panther\Unattend\autounattend.xml" set "BAD=%BAD% [%STEP%]"
del /f /q "%SystemRoot%\System32\Sysprep\unattend.xml" >nul 2>&1
if exist "%SystemRoot%\System32\Sysprep\unattend.xml" set "BAD=%BAD% [%STEP%]"
del /f /q "%SystemRoot%\System32\Sysprep\autounattend.xml" >nul 2>&1
if exist "%SystemRoot%\System32\Sysprep\autounattend.xml" set "BAD=%BAD% [%STEP%]"
del /f /q "%SystemRoot%\System32\Sysprep\Panther\unattend.xml" >nul 2>&1
if exist "%SystemRoot%\System32\Sysprep\Panther\unattend.xml" set "BAD=%BAD% [%STEP%]"
del /f /q "%SystemDrive%\unattend.xml" >nul 2>&1
if exist "%SystemDrive%\unattend.xml" set "BAD=%BAD% [%STEP%]"
del /f /q "%SystemDrive%\autounattend.xml" >nul 2>&1
if exist "%SystemDrive%\autounattend.xml" set "BAD=%BAD% [%STEP%]"

set "CODE=0"
if defined BAD goto half_closed
rem Nothing listens any more, so the block rule may go: it would shut out whoever uses the finished image.
netsh advfirewall firewall delete rule name=unattend-winrm-hold
>"%CLOSED%" echo %DATE% %TIME: =0% %COMPUTERNAME% closed
echo [%DATE% %TIME: =0%] closed
goto leave

rem The block rule stays where something could not be taken back.
:half_closed
set "CODE=41"
>"%FAILED%" echo steps=%BAD%
echo [%DATE% %TIME: =0%] FAILED in %BAD%, this script ends with %CODE%

:leave
del /f /q "%STATUS%\winrm-ready.txt" >nul 2>&1
schtasks /delete /f /tn unattend-close >nul 2>&1
if defined AFTER shutdown /s /f /t 0
del /f /q "%STATUS%\winrmClose.bat" "%RUNNER%" >nul 2>&1 & exit /b %CODE%
