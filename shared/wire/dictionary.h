#pragma once
// Dictionaries for small bodies: numbered, compiled in, never changed or removed.

#include "base/bytes.h"

namespace wire {

/// Empty for 0 and for numbers that are not known.
base::ByteView dictionaryBytes(std::uint8_t number);

}  // namespace wire
