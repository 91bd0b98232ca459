#include <polar_license.h>
