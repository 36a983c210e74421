@echo off
md C:\Shares 2>nul
net share shares=C:\Shares /grant:"Authenticated Users",READ
