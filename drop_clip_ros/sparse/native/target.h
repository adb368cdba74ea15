// What clang includes before it is told an instruction set, so that no function of the system's is compiled for it.
#pragma once
#include <cstdint>
#include <cstring>
#include <immintrin.h>
