/* Starts the command line in LAUNCH_LINE, byte for byte, as Setup does, and ends with its exit code.
 * A Unix argv would be quoted again by Wine on its way in. */
#include <windows.h>

int wmain(void)
{
    static wchar_t line[32768];
    STARTUPINFOW startup = { .cb = sizeof startup };
    PROCESS_INFORMATION process;
    DWORD code = 1;

    if (!GetEnvironmentVariableW(L"LAUNCH_LINE", line, 32768)) return 97;
    SetEnvironmentVariableW(L"LAUNCH_LINE", NULL);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) return 96;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}
