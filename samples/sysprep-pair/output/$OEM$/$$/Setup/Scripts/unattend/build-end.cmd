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
reg.exe delete "HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Exclusions" /v Exclusions_Paths /f
reg.exe delete "HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Exclusions\Paths" /v "C:\build" /f
rem A copy opens itself anew, and whoever waits for it must not find the build's own word that it is ready.
del /f /q "%ProgramData%\unattend\*-ready.txt" >nul 2>&1
"%SystemRoot%\System32\Sysprep\sysprep.exe" /generalize /oobe /quiet /shutdown /mode:vm /unattend:"%~dp0sysprep.xml"
set "RC=%ERRORLEVEL%"
echo [%DATE% %TIME: =0%] ended with %RC%
exit /b %RC%
