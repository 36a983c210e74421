@echo off
rem Runs the steps of the phase first-logon in their order, each once.
setlocal EnableExtensions DisableDelayedExpansion
rem A 32-bit caller would see the 32-bit registry and tools.
if not defined PROCESSOR_ARCHITEW6432 goto native
"%SystemRoot%\Sysnative\cmd.exe" /d /c ""%~f0""
exit /b %ERRORLEVEL%

:native
set "SELF=%~f0"
set "HERE=%~dp0"
set "LOG=%SystemRoot%\Temp\unattend-first-logon.log"
set "STATUS=%ProgramData%\unattend"
set "STATE=%STATUS%\steps"
set "DONE=%STATUS%\first-logon-done.txt"
set "FAILED=%STATUS%\first-logon-failed.txt"
if exist "%DONE%" exit /b 0
if not exist "%STATE%\" md "%STATE%"
rem While it is open nobody else can write to the log, so a second runner ends here.
call :main >>"%LOG%" 2>&1
exit /b %ERRORLEVEL%

:main
echo [%DATE% %TIME: =0%] first-logon on %COMPUTERNAME%
del /f /q "%FAILED%" >nul 2>&1
call :come_back

rem 1 shares.cmd
set "STEP=1 shares.cmd"
set "MARK=%STATE%\first-logon-1"
if exist "%MARK%.done" goto after_1
if exist "%MARK%.again" goto interrupted
if exist "%MARK%.begun" echo [%DATE% %TIME: =0%] %STEP% was interrupted, and is run once more
if exist "%MARK%.begun" copy /y "%MARK%.begun" "%MARK%.again" >nul
>"%MARK%.begun" echo %DATE% %TIME: =0%
echo [%DATE% %TIME: =0%] %STEP%
cmd.exe /d /c "%HERE%first-logon-01-shares.cmd"
set "RC=%ERRORLEVEL%"
echo [%DATE% %TIME: =0%] %STEP% ended with %RC%
set "AFTER=failed"
if "%RC%"=="0" set "AFTER=next"
if "%RC%"=="3010" set "AFTER=restart"
if "%RC%"=="1641" set "AFTER=restart"
if "%AFTER%"=="failed" echo [%DATE% %TIME: =0%] %STEP% may fail: going on
>"%MARK%.done" echo %RC%
if "%AFTER%"=="restart" goto restart
:after_1

rem 2 clean up after the automatic logon
set "STEP=2 clean up after the automatic logon"
set "MARK=%STATE%\first-logon-2"
if exist "%MARK%.done" goto after_2
if exist "%MARK%.again" goto interrupted
if exist "%MARK%.begun" echo [%DATE% %TIME: =0%] %STEP% was interrupted, and is run once more
if exist "%MARK%.begun" copy /y "%MARK%.begun" "%MARK%.again" >nul
>"%MARK%.begun" echo %DATE% %TIME: =0%
echo [%DATE% %TIME: =0%] %STEP%
cmd.exe /d /c reg add "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoAdminLogon /t REG_SZ /d 0 /f & for %%v in (DefaultPassword DefaultUserName DefaultDomainName AutoLogonCount AutoLogonSID ForceAutoLogon) do reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v %%v /f
set "RC=%ERRORLEVEL%"
echo [%DATE% %TIME: =0%] %STEP% ended with %RC%
set "AFTER=failed"
if "%RC%"=="0" set "AFTER=next"
if "%RC%"=="3010" set "AFTER=restart"
if "%RC%"=="1641" set "AFTER=restart"
if "%AFTER%"=="failed" echo [%DATE% %TIME: =0%] %STEP% may fail: going on
>"%MARK%.done" echo %RC%
if "%AFTER%"=="restart" goto restart
:after_2

rem 3 clean up after the automatic logon
set "STEP=3 clean up after the automatic logon"
set "MARK=%STATE%\first-logon-3"
if exist "%MARK%.done" goto after_3
if exist "%MARK%.again" goto interrupted
if exist "%MARK%.begun" echo [%DATE% %TIME: =0%] %STEP% was interrupted, and is run once more
if exist "%MARK%.begun" copy /y "%MARK%.begun" "%MARK%.again" >nul
>"%MARK%.begun" echo %DATE% %TIME: =0%
echo [%DATE% %TIME: =0%] %STEP%
powershell.exe -NoProfile -ExecutionPolicy Bypass -Command "$ErrorActionPreference='Stop';Add-Type -Namespace Unattend -Name Lsa -MemberDefinition '[DllImport(\"advapi32\")]public static extern uint LsaOpenPolicy(IntPtr s,byte[] o,uint a,out IntPtr h);[DllImport(\"advapi32\")]public static extern uint LsaStorePrivateData(IntPtr h,ref Text k,IntPtr d);public struct Text{public ushort Length,Size;[MarshalAs(UnmanagedType.LPWStr)]public string Buffer;}';$k=New-Object Unattend.Lsa+Text;$k.Buffer='DefaultPassword';$k.Length=30;$k.Size=32;$h=[IntPtr]::Zero;if([Unattend.Lsa]::LsaOpenPolicy([IntPtr]::Zero,(New-Object byte[] 48),0x20,[ref]$h)){exit 1};$r=[Unattend.Lsa]::LsaStorePrivateData($h,[ref]$k,[IntPtr]::Zero);if($r -and $r -ne 3221225524){exit 1}"
set "RC=%ERRORLEVEL%"
echo [%DATE% %TIME: =0%] %STEP% ended with %RC%
set "AFTER=failed"
if "%RC%"=="0" set "AFTER=next"
if "%RC%"=="3010" set "AFTER=restart"
if "%RC%"=="1641" set "AFTER=restart"
if "%AFTER%"=="failed" echo [%DATE% %TIME: =0%] %STEP% may fail: going on
>"%MARK%.done" echo %RC%
if "%AFTER%"=="restart" goto restart
:after_3

rem 4 open the guest
set "STEP=4 open the guest"
set "MARK=%STATE%\first-logon-4"
if exist "%MARK%.done" goto after_4
if exist "%MARK%.again" goto interrupted
if exist "%MARK%.begun" echo [%DATE% %TIME: =0%] %STEP% was interrupted, and is run once more
if exist "%MARK%.begun" copy /y "%MARK%.begun" "%MARK%.again" >nul
>"%MARK%.begun" echo %DATE% %TIME: =0%
echo [%DATE% %TIME: =0%] %STEP%
cmd.exe /d /c "(for %%d in (A B D E F G H I J K L M N O P Q R S T U V W X Y Z C) do (if exist %%d:\winrmConfig.bat (cmd.exe /d /c %%d:\winrmConfig.bat & exit))) & exit 2"
set "RC=%ERRORLEVEL%"
echo [%DATE% %TIME: =0%] %STEP% ended with %RC%
set "AFTER=failed"
if "%RC%"=="0" set "AFTER=next"
if "%RC%"=="3010" set "AFTER=restart"
if "%RC%"=="1641" set "AFTER=restart"
if "%AFTER%"=="failed" goto failed
>"%MARK%.done" echo %RC%
if "%AFTER%"=="restart" goto restart
:after_4

echo [%DATE% %TIME: =0%] done
>"%DONE%" echo %DATE% %TIME: =0%
call :stay_away
exit /b 0

:interrupted
set "RC=interrupted twice"
echo [%DATE% %TIME: =0%] %STEP% was interrupted twice. Does it restart Windows itself? That is what reboot = true is for.

:failed
echo [%DATE% %TIME: =0%] FAILED in step %STEP%: %RC%
rem Whoever mends it runs this file again, and that is no interruption.
del /f /q "%MARK%.begun" "%MARK%.again" >nul 2>&1
>"%FAILED%" echo step=%STEP%
>>"%FAILED%" echo exit_code=%RC%
call :stay_away
exit /b 3

:restart
echo [%DATE% %TIME: =0%] restarting after step %STEP%
rem Windows takes one off at every automatic logon, and at 0 it asks for the password: this one is not on the account.
set "LEFT=0"
for /f "tokens=2,3" %%b in ('reg.exe query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoLogonCount') do if "%%b"=="REG_DWORD" set "LEFT=%%c"
set /a LEFT+=1
reg.exe add "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoLogonCount /t REG_DWORD /d %LEFT% /f
reg.exe add "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v AutoAdminLogon /t REG_SZ /d 1 /f
shutdown.exe /r /t 0 /f /d p:4:1
rem Whatever stands behind this command must wait for the next logon: Windows ends us.
for /l %%i in (1,1,10) do ping.exe -n 61 127.0.0.1 >nul
set "RC=Windows did not restart"
goto failed

rem A task and not RunOnce, because it starts elevated; RunOnce where there is no task scheduler.
:come_back
schtasks.exe /create /f /tn unattend-first-logon /sc onlogon /rl HIGHEST /tr "cmd.exe /d /c %SELF%"
if not "%ERRORLEVEL%"=="0" goto run_once
rem Where this fails, the task waits for the charger.
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$s=New-Object -ComObject Schedule.Service;$s.Connect();$f=$s.GetFolder('\');$d=$f.GetTask('unattend-first-logon').Definition;$d.Settings.DisallowStartIfOnBatteries=$false;$d.Settings.StopIfGoingOnBatteries=$false;[void]$f.RegisterTaskDefinition('unattend-first-logon',$d,4,$null,$null,3)"
exit /b 0

:run_once
reg.exe add "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce" /v unattend-first-logon /t REG_SZ /d "cmd.exe /d /c %SELF%" /f
exit /b 0

:stay_away
schtasks.exe /delete /f /tn unattend-first-logon >nul 2>&1
reg.exe delete "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce" /v unattend-first-logon /f >nul 2>&1
exit /b 0
