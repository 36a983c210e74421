@echo off
rem Installs the virtualbox guest tools from whichever drive holds them. Ends with 2 where none does.
set "DISC="
for %%d in (A B D E F G H I J K L M N O P Q R S T U V W X Y Z C) do (if not defined DISC if exist "%%d:\VBoxWindowsAdditions.exe" set "DISC=%%d:")
if not defined DISC echo no drive holds VBoxWindowsAdditions.exe
if not defined DISC exit /b 2
rem Drivers of a publisher that Windows does not know yet would be asked about.
for %%c in (%DISC%\cert\vbox*.cer) do "%DISC%\cert\VBoxCertUtil.exe" add-trusted-publisher "%%~fc" --root "%%~fc"
"%DISC%\VBoxWindowsAdditions.exe" /S
exit /b %ERRORLEVEL%
