/* What must hold even when the program crashes: the terminal is left as it was found. Everything
   that a handler calls here is async-signal-safe (POSIX lists it in signal-safety). */
#define _GNU_SOURCE

#include "CNcurses.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { stderr_kept = 64 * 1024, stderr_max = 1024 * 1024 };

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGQUIT};
static const int noted_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
enum { crash_count = sizeof crash_signals / sizeof crash_signals[0] };
enum { noted_count = sizeof noted_signals / sizeof noted_signals[0] };

/* Whether the terminal has to be restored; who swaps it to false does so. */
static atomic_bool is_up = false;
static atomic_int pending = 0;
static atomic_int termination = 0;
/* The pipe lives as long as the process: a handler may be about to write to it. */
static int wake_pipe[2] = {-1, -1};
static struct termios saved_modes;
static int saved_stderr = -1;
static int held_stderr = -1;
static struct sigaction former_crash[crash_count];
/* Whether what handled a crash before goes on to do so. */
static bool keeps_former = false;
static struct sigaction former_noted[noted_count];

/* Synchronised output, paste, mouse, attributes, character set, cursor. */
static const char leave_modes[] =
    "\033[?2026l\033[?2004l\033[?1006l\033[?1003l\033[?1002l\033[?1000l\033[0m\033(B\033[?25h";
/* Alternate screen, cursor keys, keypad. */
static const char leave_screen[] = "\033[?1049l\033[?1l\033>";

static void write_all(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(fd, bytes, count);
    if (written > 0) {
      bytes += written;
      count -= (size_t)written;
    } else if (written < 0 && errno == EAGAIN) {
      struct pollfd wait = {.fd = fd, .events = POLLOUT};
      if (poll(&wait, 1, 2000) <= 0) return;
    } else if (written >= 0 || errno != EINTR) {
      return;
    }
  }
}

bool weir_write(const char *bytes, long count) {
  while (count > 0) {
    struct pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT};
    int ready = poll(&wait, 1, 2000);
    if (ready == 0 || (ready < 0 && errno != EINTR)) return false;
    if (ready < 0) continue;
    if (wait.revents & (POLLERR | POLLHUP | POLLNVAL)) return false;
    ssize_t written = write(STDOUT_FILENO, bytes, (size_t)count);
    if (written > 0) {
      bytes += written;
      count -= written;
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

/* ---- Standard error ------------------------------------------------------------------------- */

static int memory_file(void) {
#ifdef __linux__
  int fd = memfd_create("weir-stderr", MFD_CLOEXEC);
#else
  char name[] = "/tmp/weir-stderr-XXXXXX";
  int fd = mkstemp(name);
  if (fd >= 0) {
    unlink(name);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
#endif
  /* Appending, so that trimming the file does not leave a hole before the next message. */
  if (fd >= 0) fcntl(fd, F_SETFL, O_RDWR | O_APPEND);
  return fd;
}

/* Only a terminal would be disturbed: `2> file` stays as the user wanted it. */
static void hold_stderr(void) {
  if (!isatty(STDERR_FILENO)) return;
  held_stderr = memory_file();
  if (held_stderr < 0) return;
  saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (saved_stderr >= 0 && dup2(held_stderr, STDERR_FILENO) >= 0) return;
  if (saved_stderr >= 0) close(saved_stderr);
  close(held_stderr);
  saved_stderr = held_stderr = -1;
}

static void release_stderr(void) {
  if (saved_stderr < 0) return;
  dup2(saved_stderr, STDERR_FILENO);
  off_t size = lseek(held_stderr, 0, SEEK_END);
  off_t at = size > stderr_kept ? size - stderr_kept : 0;
  char buffer[1024];
  while (at < size) {
    ssize_t count = pread(held_stderr, buffer, sizeof buffer, at);
    if (count <= 0) break;
    write_all(STDERR_FILENO, buffer, (size_t)count);
    at += count;
  }
  close(saved_stderr);
  close(held_stderr);
  saved_stderr = held_stderr = -1;
}

void weir_guard_trim(void) {
  struct stat status;
  if (held_stderr < 0 || fstat(held_stderr, &status) != 0 || status.st_size < stderr_max) return;
  char *end = malloc(stderr_kept);
  if (end == NULL) return;
  ssize_t count = pread(held_stderr, end, stderr_kept, status.st_size - stderr_kept);
  if (count > 0 && ftruncate(held_stderr, 0) == 0) write_all(held_stderr, end, (size_t)count);
  free(end);
}

/* ---- Restoring ------------------------------------------------------------------------------ */

static void restore(bool screen_is_left) {
  write_all(STDOUT_FILENO, leave_modes, sizeof leave_modes - 1);
  if (!screen_is_left) write_all(STDOUT_FILENO, leave_screen, sizeof leave_screen - 1);
  /* Setting the modes from a background job would stop it (SIGTTOU). */
  sigset_t block, former;
  sigemptyset(&block);
  sigaddset(&block, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &block, &former);
  tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
  pthread_sigmask(SIG_SETMASK, &former, NULL);
  release_stderr();
}

static void on_crash(int signal, siginfo_t *info, void *context) {
  (void)context;
  if (atomic_exchange(&is_up, false)) {
    restore(false);
    static const char notice[] =
        "weir crashed; SWIFT_BACKTRACE=enable=yes in the environment makes it say where\n";
    if (!keeps_former) write_all(STDERR_FILENO, notice, sizeof notice - 1);
    /* The thread that draws may still run for a moment: its output must not follow. */
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) dup2(nowhere, STDOUT_FILENO);
  }
  struct sigaction next;
  memset(&next, 0, sizeof next);
  next.sa_handler = SIG_DFL;
  for (int i = 0; i < crash_count; i += 1) {
    bool is_it = crash_signals[i] == signal && former_crash[i].sa_handler != SIG_IGN;
    if (is_it && keeps_former) next = former_crash[i];
  }
  sigaction(signal, &next, NULL);
  /* A fault happens again at the same instruction when this handler returns, so that the next
     handler (Swift's backtrace) sees where it was. All others have to be sent once more. */
  bool is_fault = info != NULL && info->si_code > 0 &&
                  (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE);
  if (!is_fault) raise(signal);
}

static void on_exit_restore(void) {
  if (atomic_exchange(&is_up, false)) restore(false);
}

/* ---- Signals -------------------------------------------------------------------------------- */

void weir_guard_wake(void) {
  int error = errno;
  if (wake_pipe[1] >= 0) {
    ssize_t ignored = write(wake_pipe[1], "", 1);
    (void)ignored; /* A full pipe wakes as well. */
  }
  errno = error;
}

static void on_noted(int signal) {
  switch (signal) {
  case SIGWINCH: atomic_fetch_or(&pending, WEIR_SIGNAL_RESIZED); break;
  case SIGTSTP: atomic_fetch_or(&pending, WEIR_SIGNAL_SUSPEND); break;
  case SIGCONT: atomic_fetch_or(&pending, WEIR_SIGNAL_CONTINUED); break;
  default:
    atomic_store(&termination, signal);
    atomic_fetch_or(&pending, WEIR_SIGNAL_TERMINATE);
  }
  weir_guard_wake();
}

static void install(int signal, struct sigaction *former) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = on_noted;
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, former);
  /* nohup: a hang-up that was ignored stays ignored. */
  if (signal == SIGHUP && former != NULL && former->sa_handler == SIG_IGN) {
    sigaction(signal, former, NULL);
  }
}

static void install_all(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (int i = 0; i < crash_count; i += 1) sigaction(crash_signals[i], &action, &former_crash[i]);
  for (int i = 0; i < noted_count; i += 1) install(noted_signals[i], &former_noted[i]);
}

static void uninstall_all(void) {
  for (int i = 0; i < crash_count; i += 1) sigaction(crash_signals[i], &former_crash[i], NULL);
  for (int i = 0; i < noted_count; i += 1) sigaction(noted_signals[i], &former_noted[i], NULL);
}

static int open_pipe(void) {
  if (wake_pipe[0] >= 0) return 0;
  int ends[2];
  if (pipe(ends) != 0) return errno;
  for (int i = 0; i < 2; i += 1) {
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    fcntl(ends[i], F_SETFL, O_NONBLOCK);
    wake_pipe[i] = ends[i];
  }
  return 0;
}

int weir_guard_begin(void) {
  static atomic_bool is_at_exit = false;
  if (atomic_load(&is_up)) return EBUSY;
  int error = open_pipe();
  if (error != 0) return error;
  if (tcgetattr(STDIN_FILENO, &saved_modes) != 0) return errno;
  if (!atomic_exchange(&is_at_exit, true)) atexit(on_exit_restore);
  atomic_store(&pending, 0);
  atomic_store(&termination, 0);
  hold_stderr();
  /* On a terminal Swift's own report of a crash asks questions, and works on for a minute: only for
     those who asked for it. Its settings are read when the process starts. */
  keeps_former = getenv("SWIFT_BACKTRACE") != NULL;
  weir_guard_thread();
  install_all();
  atomic_store(&is_up, true);
  return 0;
}

void weir_guard_end(bool screen_is_left) {
  if (!atomic_exchange(&is_up, false)) return;
  restore(screen_is_left);
  uninstall_all();
}

void weir_guard_thread(void) {
  stack_t present;
  if (sigaltstack(NULL, &present) != 0 || !(present.ss_flags & SS_DISABLE)) return;
  size_t size = 64 * 1024;
  stack_t own = {.ss_sp = malloc(size), .ss_size = size};
  if (own.ss_sp != NULL && sigaltstack(&own, NULL) != 0) free(own.ss_sp);
}

void weir_disable_interrupt(struct termios *modes) { modes->c_cc[VINTR] = _POSIX_VDISABLE; }

int weir_guard_signals(void) { return atomic_exchange(&pending, 0); }
int weir_guard_termination(void) { return atomic_load(&termination); }
int weir_guard_wake_descriptor(void) { return wake_pipe[0]; }

void weir_guard_drain(void) {
  char buffer[256];
  while (wake_pipe[0] >= 0 && read(wake_pipe[0], buffer, sizeof buffer) > 0) continue;
}

void weir_guard_stop(void) {
  struct sigaction standard;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &standard, NULL);
  raise(SIGTSTP);
  install(SIGTSTP, NULL);
}
