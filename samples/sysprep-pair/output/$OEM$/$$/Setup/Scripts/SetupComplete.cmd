@cmd.exe /d /c "%~dp0unattend\setup-complete.cmd"
