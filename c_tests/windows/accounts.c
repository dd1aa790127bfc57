/* Users log in by lines of standard input; where they are the configuration says. */
#include "../../examples/accounts_login.h"

#include <stddef.h>

int main(void)
{
    return accounts_serve(NULL, NULL);
}
