@echo off
rem Runs the steps of the phase specialize in their order, each once.
setlocal EnableExtensions DisableDelayedExpansion
rem A 32-bit caller would see the 32-bit registry and tools.
if not defined PROCESSOR_ARCHITEW6432 goto native
"%SystemRoot%\Sysnative\cmd.exe" /d /c ""%~f0""
exit /b %ERRORLEVEL%

:native
set "SELF=%~f0"
set "HERE=%~dp0"
set "LOG=%SystemRoot%\Temp\unattend-specialize.log"
set "STATUS=%ProgramData%\unattend"
set "STATE=%STATUS%\steps"
set "DONE=%STATUS%\specialize-done.txt"
set "FAILED=%STATUS%\specialize-failed.txt"
if exist "%DONE%" exit /b 0
if not exist "%STATE%\" md "%STATE%"
rem While it is open nobody else can write to the log, so a second runner ends here.
call :main >>"%LOG%" 2>&1
exit /b %ERRORLEVEL%

:main
echo [%DATE% %TIME: =0%] specialize on %COMPUTERNAME%
del /f /q "%FAILED%" >nul 2>&1

rem 1 remove apps and capabilities
set "STEP=1 remove apps and capabilities"
set "MARK=%STATE%\specialize-1"
if exist "%MARK%.done" goto after_1
if exist "%MARK%.again" goto interrupted
if exist "%MARK%.begun" echo [%DATE% %TIME: =0%] %STEP% was interrupted, and is run once more
if exist "%MARK%.begun" copy /y "%MARK%.begun" "%MARK%.again" >nul
>"%MARK%.begun" echo %DATE% %TIME: =0%
echo [%DATE% %TIME: =0%] %STEP%
powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "%HERE%remove.ps1"
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

echo [%DATE% %TIME: =0%] done
>"%DONE%" echo %DATE% %TIME: =0%
exit /b 0

:interrupted
set "RC=interrupted twice"
echo [%DATE% %TIME: =0%] %STEP% was interrupted twice. Does it restart Windows itself? That is what reboot = true is for.
echo [%DATE% %TIME: =0%] FAILED in step %STEP%: %RC%
rem Whoever mends it runs this file again, and that is no interruption.
del /f /q "%MARK%.begun" "%MARK%.again" >nul 2>&1
>"%FAILED%" echo step=%STEP%
>>"%FAILED%" echo exit_code=%RC%
exit /b 3

:restart
echo [%DATE% %TIME: =0%] restarting after step %STEP%
rem WillReboot=OnRequest: Setup restarts Windows, and then runs this command again.
exit /b 2
