@echo off
powercfg.exe /change monitor-timeout-ac 0
