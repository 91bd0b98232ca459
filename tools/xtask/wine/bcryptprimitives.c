/* The DLL from which Rust's standard library gets random numbers. Tests under Wine need it, because Wine before
   version 9 does not have this DLL. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return length <= ULONG_MAX && SystemFunction036(buffer, (ULONG)length);
}
