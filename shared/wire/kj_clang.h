#pragma once
// clang 16 follows P2468: because kj::StringPtr has a member operator!=, its operator== is not
// reversed, and Cap'n Proto 0.9.2 does not compile. These are the two operators that kj/string.h
// leaves out for C++20 compilers. Included by force, for clang only (CMakeLists.txt).

#include <kj/string.h>

namespace kj {
inline bool operator==(const char* a, const StringPtr& b) {
    return b == StringPtr(a);
}
inline bool operator!=(const char* a, const StringPtr& b) {
    return !(b == StringPtr(a));
}
}  // namespace kj
