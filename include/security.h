/* Where Windows sources look for SSPI and its packages: the platform's own on Windows, ours elsewhere. */
#if defined(_MSC_VER)
#include <../um/security.h>
#elif defined(_WIN32)
#pragma GCC system_header
#include_next <security.h>
#else
#include "secur32.h"
#endif
