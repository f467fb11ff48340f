#ifndef WEIR_CPOSTGRES_H
#define WEIR_CPOSTGRES_H
#include <libpq-fe.h>
#endif
