@echo off
rem The build's last command.
setlocal EnableExtensions DisableDelayedExpansion
rem A 32-bit caller would see the 32-bit registry and tools.
if not defined PROCESSOR_ARCHITEW6432 goto native
"%SystemRoot%\Sysnative\cmd.exe" /d /c ""%~f0""
exit /b %ERRORLEVEL%

:native
set "LOG=%SystemRoot%\Temp\unattend-build-end.log"
call :main >>"%LOG%" 2>&1
exit /b %ERRORLEVEL%

:main
echo [%DATE% %TIME: =0%] the build ends
reg.exe delete "HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU" /v NoAutoUpdate /f
cmd.exe /d /c "%ProgramData%\unattend\winrmClose.bat" shutdown
set "RC=%ERRORLEVEL%"
echo [%DATE% %TIME: =0%] ended with %RC%
exit /b %RC%
