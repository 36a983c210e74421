/* Stands in for netsh, sc, reg and the like: writes down the command line that it got, and answers as told.
 *
 * RECORDER_LOG names the file that each call appends one line to, its fields separated by tabs:
 *   program, raw command line, value of RECORDED_VALUE, arguments...
 * RECORDER_RULES names a file of answers, one a line: substring of the raw line, exit code, times, output.
 * The first rule whose substring occurs answers; with times > 0 only for that many calls. Without a rule: 0, silent.
 * In both files backslash, tab, LF and CR are written \\ \t \n \r, and the text is UTF-8. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define LONGEST 65536

static wchar_t variable[LONGEST];
static char line[LONGEST], utf8[LONGEST], escaped[2 * LONGEST];

static const char *escape(const wchar_t *text)
{
    char *out = escaped;
    const char *in = utf8;

    utf8[0] = 0;
    WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
    for (; *in; in++) {
        switch (*in) {
        case '\\': *out++ = '\\'; *out++ = '\\'; break;
        case '\t': *out++ = '\\'; *out++ = 't'; break;
        case '\n': *out++ = '\\'; *out++ = 'n'; break;
        case '\r': *out++ = '\\'; *out++ = 'r'; break;
        default: *out++ = *in;
        }
    }
    *out = 0;
    return escaped;
}

static FILE *open_named(const wchar_t *name, const wchar_t *mode)
{
    if (!GetEnvironmentVariableW(name, variable, LONGEST)) return NULL;
    return _wfopen(variable, mode);
}

static int calls_so_far(const char *substring)
{
    FILE *log = open_named(L"RECORDER_LOG", L"rb");
    int count = 0;

    while (log && fgets(line, sizeof line, log)) {
        char *raw = strchr(line, '\t');
        char *end = raw ? strchr(raw + 1, '\t') : NULL;
        if (end) { *end = 0; count += strstr(raw, substring) != NULL; }
    }
    if (log) fclose(log);
    return count;
}

static void print_unescaped(const char *text)
{
    for (; *text; text++) {
        if (*text != '\\') { putchar(*text); continue; }
        switch (*++text) {
        case 't': putchar('\t'); break;
        case 'n': putchar('\n'); break;
        case 'r': putchar('\r'); break;
        default: putchar(*text);
        }
    }
}

static int answer(const char *raw)
{
    static char rule[LONGEST];
    FILE *rules = open_named(L"RECORDER_RULES", L"rb");

    while (rules && fgets(rule, sizeof rule, rules)) {
        char *field[4] = { rule };
        int i, times;
        rule[strcspn(rule, "\n")] = 0;
        for (i = 1; i < 4; i++) {
            field[i] = strchr(field[i - 1], '\t');
            if (!field[i]) exit(99);
            *field[i]++ = 0;
        }
        if (!strstr(raw, field[0])) continue;
        times = atoi(field[2]);
        if (times && calls_so_far(field[0]) >= times) continue;
        print_unescaped(field[3]);
        fclose(rules);
        return atoi(field[1]);
    }
    if (rules) fclose(rules);
    return 0;
}

int _dowildcard = 0;

int wmain(int count, wchar_t **argument)
{
    static wchar_t program[MAX_PATH];
    static char raw[2 * LONGEST];
    wchar_t *name, *dot;
    FILE *log;
    int i, code;

    GetModuleFileNameW(NULL, program, MAX_PATH);
    name = wcsrchr(program, L'\\');
    name = name ? name + 1 : program;
    dot = wcsrchr(name, L'.');
    if (dot) *dot = 0;
    strcpy(raw, escape(GetCommandLineW()));
    code = answer(raw);

    log = open_named(L"RECORDER_LOG", L"ab");
    if (!log) return 98;
    fprintf(log, "%s\t", escape(name));
    fprintf(log, "%s\t", raw);
    variable[0] = 0;
    GetEnvironmentVariableW(L"RECORDED_VALUE", variable, LONGEST);
    fputs(escape(variable), log);
    for (i = 1; i < count; i++) fprintf(log, "\t%s", escape(argument[i]));
    fputc('\n', log);
    fclose(log);
    return code;
}
