#include "wire/dictionary.h"

namespace wire {

base::ByteView dictionaryBytes(std::uint8_t) { return {}; }

}  // namespace wire
