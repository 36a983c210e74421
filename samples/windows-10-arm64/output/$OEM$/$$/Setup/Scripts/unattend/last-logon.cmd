@echo off
rem Runs as SYSTEM at every logon, until the last automatic one: then what that needed is taken away, and this task too.
setlocal EnableExtensions DisableDelayedExpansion
rem A 32-bit caller would see the 32-bit registry and tools.
if not defined PROCESSOR_ARCHITEW6432 goto native
"%SystemRoot%\Sysnative\cmd.exe" /d /c ""%~f0""
exit /b %ERRORLEVEL%

:native
set "LOG=%SystemRoot%\Temp\unattend-autologon.log"
call :main >>"%LOG%" 2>&1
exit /b %ERRORLEVEL%

:main
rem Steps that are left may restart Windows, and log on once more.
if not exist "%ProgramData%\unattend\first-logon-done.txt" exit /b 0
rem Windows takes one off at every automatic logon; at 0, or without a number, none follows.
for /f "tokens=2,3" %%b in ('reg.exe query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoLogonCount') do if "%%b"=="REG_DWORD" if not "%%c"=="0x0" exit /b 0
echo [%DATE% %TIME: =0%] that was the last automatic logon
cmd.exe /d /c reg add "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoAdminLogon /t REG_SZ /d 0 /f & for %%v in (DefaultPassword DefaultUserName DefaultDomainName AutoLogonCount AutoLogonSID ForceAutoLogon) do reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v %%v /f
powershell.exe -NoProfile -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop';Add-Type -Namespace Unattend -Name Lsa -MemberDefinition '[DllImport(\"advapi32\")]public static extern uint LsaOpenPolicy(IntPtr s,byte[] o,uint a,out IntPtr h);[DllImport(\"advapi32\")]public static extern uint LsaStorePrivateData(IntPtr h,ref Text k,IntPtr d);public struct Text{public ushort Length,Size;[MarshalAs(UnmanagedType.LPWStr)]public string Buffer;}';$k=New-Object Unattend.Lsa+Text;$k.Buffer='DefaultPassword';$k.Length=30;$k.Size=32;$h=[IntPtr]::Zero;if([Unattend.Lsa]::LsaOpenPolicy([IntPtr]::Zero,(New-Object byte[] 48),0x20,[ref]$h)){exit 1};$r=[Unattend.Lsa]::LsaStorePrivateData($h,[ref]$k,[IntPtr]::Zero);if($r -and $r -ne 3221225524){exit 1}"
schtasks.exe /delete /f /tn unattend-autologon
exit /b 0
