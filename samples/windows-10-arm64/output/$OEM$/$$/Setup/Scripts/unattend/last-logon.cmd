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
cmd.exe /d /c reg add "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoAdminLogon /t REG_SZ /d 0 /f & for %%v in (DefaultPassword AutoLogonCount AutoLogonSID DefaultUserName DefaultDomainName) do reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v %%v /f
powershell.exe -NoProfile -ExecutionPolicy Bypass -Command "$d='[DllImport(\"advapi32\")]public static extern uint LsaOpenPolicy(IntPtr s,byte[] o,uint a,out IntPtr h);[DllImport(\"advapi32\")]public static extern uint LsaStorePrivateData(IntPtr h,ref T k,IntPtr d);public struct T{public ushort L,M;[MarshalAs(UnmanagedType.LPWStr)]public string B;}';Add-Type -Namespace U -Name L -MemberDefinition $d;$k=New-Object U.L+T;$k.B='DefaultPassword';$k.L=30;$k.M=32;$h=[IntPtr]::Zero;[void][U.L]::LsaOpenPolicy([IntPtr]::Zero,(New-Object byte[] 48),32,[ref]$h);[void][U.L]::LsaStorePrivateData($h,[ref]$k,[IntPtr]::Zero)"
schtasks.exe /delete /f /tn unattend-autologon
exit /b 0
