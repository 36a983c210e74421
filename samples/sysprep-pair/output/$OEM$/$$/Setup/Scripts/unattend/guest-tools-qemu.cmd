@echo off
rem Installs the qemu guest tools from whichever drive holds them. Ends with 2 where none does.
set "DISC="
for %%d in (A B D E F G H I J K L M N O P Q R S T U V W X Y Z C) do (if not defined DISC if exist "%%d:\virtio-win-guest-tools.exe" set "DISC=%%d:")
if not defined DISC echo no drive holds virtio-win-guest-tools.exe
if not defined DISC exit /b 2
"%DISC%\virtio-win-guest-tools.exe" /install /quiet /norestart
exit /b %ERRORLEVEL%
