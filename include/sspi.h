/* Where Windows sources look for SSPI: the platform's own on Windows, ours elsewhere. */
#if defined(_MSC_VER)
#include <../um/sspi.h>
#elif defined(_WIN32)
#pragma GCC system_header
#include_next <sspi.h>
#else
#include "secur32.h"
#endif
