/* A program that links this library and another library that is written in Rust. */

#include <polar_license.h>
#include <stdint.h>
#include <stdio.h>

uint32_t other_rust(uint32_t count);

int main(void) {
    polar_license_options *options = polar_license_options_new("", "");
    polar_license *license = NULL;
    polar_license_error *error = NULL;
    int32_t failed = polar_license_open(options, &license, &error);
    puts(failed ? polar_license_error_detail(error) : "opened without an organization");
    polar_license_error_free(error);
    polar_license_free(license);
    polar_license_options_free(options);
    return failed && other_rust(4) == 6 ? 0 : 1;
}
