#ifndef WEIR_CFILES_H
#define WEIR_CFILES_H

#include <stdint.h>

/// Has the disk begin to write a range of a file, where the system has a call for that. Waits for
/// nothing, and makes nothing durable: that a write failed is for fdatasync to say.
void weir_begin_sync(int descriptor, int64_t offset, int64_t count);

#endif
