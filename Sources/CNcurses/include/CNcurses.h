#ifndef WEIR_CNCURSES_H
#define WEIR_CNCURSES_H

/* Must come before curses.h: SwiftPM drops the -D_XOPEN_SOURCE=600 of pkg-config, and without one
   of the two cchar_t, add_wch and get_wch are not declared. */
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#include <curses.h>
#include <termios.h>
#include <wchar.h>

/* ---- What Swift cannot see of curses.h ------------------------------------------------------ */

/* Swift 6 refuses mutable C globals. */
static inline WINDOW *weir_stdscr(void) { return stdscr; }
static inline int weir_colors(void) { return COLORS; }
static inline int weir_color_pairs(void) { return COLOR_PAIRS; }

/* Macros with a cast are not imported. */
static const attr_t WEIR_BOLD = A_BOLD;
static const attr_t WEIR_DIM = A_DIM;
static const attr_t WEIR_UNDERLINE = A_UNDERLINE;
static const attr_t WEIR_REVERSE = A_REVERSE;

/* Opens `term` over standard input and output; NULL if terminfo does not know it. */
SCREEN *weir_newterm(const char *term);

/* True if terminfo knows `name` as a string of this terminal; copies it, with its final zero, to
   `buffer` if it fits. */
bool weir_capability(const char *name, char *buffer, int capacity);

/* Puts one character with its marks (`text`, zero at its end, at most CCHARW_MAX) in a colour pair
   that may lie beyond 255. ERR at the bottom right corner even though the cell is drawn. */
int weir_put(int y, int x, const wchar_t *text, attr_t attributes, int pair);

/* wcwidth of the C library, as ncurses will count the character. */
int weir_width(wchar_t scalar);

/* Sets LC_CTYPE (only that: a decimal comma would break other parts) from the environment, else to
   a UTF-8 one. False if characters beyond ASCII cannot be shown. */
bool weir_set_locale(void);

/* ---- Guarding the terminal ------------------------------------------------------------------ */

enum {
  WEIR_SIGNAL_RESIZED = 1,
  WEIR_SIGNAL_SUSPEND = 2,
  WEIR_SIGNAL_CONTINUED = 4,
  WEIR_SIGNAL_TERMINATE = 8,
};

/* Notes the terminal's present modes, diverts standard error into memory if it goes to a terminal,
   and installs the handlers:
   - SEGV BUS ILL FPE ABRT TRAP QUIT and exit(): the terminal is restored, what standard error had
     to say is shown, then the former handler or the default action runs;
   - INT TERM HUP TSTP CONT WINCH: noted for weir_guard_signals(), and the wake descriptor becomes
     readable.
   0, or the errno of what failed; EBUSY if the guard is up. Call it before weir_newterm. */
int weir_guard_begin(void);

/* Puts everything back as it was before weir_guard_begin, shows the text held back from standard
   error. Does nothing when the guard is down. `screen_is_left`: curses has already left the
   alternate screen. */
void weir_guard_end(bool screen_is_left);

/* Gives the calling thread a stack for the handlers, so that they run after a stack overflow. */
void weir_guard_thread(void);

/* A set of WEIR_SIGNAL_…; reading it empties it. */
int weir_guard_signals(void);
/* The last of INT, TERM, HUP that came; 0 if none did. */
int weir_guard_termination(void);

/* Readable after weir_guard_wake() or a signal. -1 before the first weir_guard_begin. */
int weir_guard_wake_descriptor(void);
void weir_guard_wake(void);
/* Reads the descriptor empty. */
void weir_guard_drain(void);

/* Stops the process as Ctrl-Z does by default; returns when it was continued. */
void weir_guard_stop(void);

/* Keeps the text held back from standard error within bounds: all but its end is dropped when it
   has grown past a mebibyte. */
void weir_guard_trim(void);

/* Makes Ctrl-C a key: no character interrupts any more. */
void weir_disable_interrupt(struct termios *modes);

/* Writes all bytes to the terminal, waiting at most two seconds for it. False if it did not take
   them. */
bool weir_write(const char *bytes, long count);

#endif
