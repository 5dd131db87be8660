#include "wire/dictionary.h"

namespace wire {
namespace {

// zstd's dictionary format (RFC 8878, section 5), 64 KiB. tests/bench/train_dictionary.cpp made it
// from sample changes of the project's own; ledgers hold bodies packed with it, so it never
// changes.
constexpr std::uint8_t kDictionary1[] = {
#include "wire/dictionary_1.inc"
};

}  // namespace

base::ByteView dictionaryBytes(std::uint8_t number) {
    return number == 1 ? base::ByteView(kDictionary1) : base::ByteView();
}

}  // namespace wire
