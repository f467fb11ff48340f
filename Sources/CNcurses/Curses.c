/* wcwidth and nl_langinfo are hidden without it. */
#define _XOPEN_SOURCE 700

#include "CNcurses.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <term.h>

SCREEN *weir_newterm(const char *term) { return newterm(term, stdout, stdin); }

bool weir_capability(const char *name, char *buffer, int capacity) {
  const char *value = tigetstr(name);
  /* -1: not the name of a string. */
  if (value == NULL || value == (const char *)-1) return false;
  size_t length = strlen(value) + 1;
  if (buffer != NULL && capacity > 0) {
    if (length > (size_t)capacity) return false;
    memcpy(buffer, value, length);
  }
  return true;
}

int weir_put(int y, int x, const wchar_t *text, attr_t attributes, int pair) {
  cchar_t cell;
  /* The pair goes through the last argument; the short one cannot hold all of them. */
  short unused = (short)(pair > 32767 ? 32767 : pair);
  if (setcchar(&cell, text, attributes, unused, &pair) == ERR) return ERR;
  return mvwadd_wch(stdscr, y, x, &cell);
}

int weir_width(wchar_t scalar) { return wcwidth(scalar); }

static bool codeset_is_utf8(void) {
  const char *codeset = nl_langinfo(CODESET);
  return codeset != NULL && (strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0);
}

bool weir_set_locale(void) {
  static const char *const names[] = {"", "C.UTF-8", "C.utf8", "en_US.UTF-8"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i += 1) {
    if (setlocale(LC_CTYPE, names[i]) != NULL && codeset_is_utf8()) return true;
  }
  setlocale(LC_CTYPE, "");
  return false;
}
