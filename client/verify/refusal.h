#pragma once
// Why something is not proven: one plain sentence in the reader's language.

#include <string>
#include "base/result.h"

namespace verify {

enum class Language { Vietnamese, English };

/// The same words twice.
struct Text {
    const char* vi;
    const char* en;
    const char* in(Language language) const { return language == Language::English ? en : vi; }
};

enum class Fault {
    CannotRead,            // the file or folder
    IsFolder,              // a folder where a receipt is expected
    NotOurs,               // neither a receipt nor an exported ledger
    UnknownFile,           // in an export's folder
    MissingFile,           // ditto
    NewerVersion,          // made by a newer program
    Damaged,               // its layout is broken, or bytes stand behind its end
    OtherRoot,             // other authority keys than the fingerprint's
    GenesisUnsigned,       // not a genesis that these keys signed
    CharterUnsigned,       // a charter or authority set that does not follow
    HeadUnsigned,          // not signed with the key of its charter
    OtherProvince,         // parts of several provinces
    OtherLedger,           // parts of several ledgers, or none of a unit
    NotInDirectory,        // a fact that the directory does not hold
    NotInLedger,           // the entry is not in the signed ledger
    DeviceUnknown,         // nobody enrolled the device
    SealBroken,            // the device did not seal this
    NoRight,               // the device had no right to write there
    TimesContradict,       // arrivals out of order
    FirstArrivalUnproven,  // an earlier first arrival without its proof
    SeenUnproven,          // what the author had seen is not in the ledger
    OpeningWrong,          // the key does not open the entry
    HistoryBroken,         // a record that does not follow
    TooLong,               // to be listed
};
/// snake_case, for scripts.
std::string_view codeName(Fault fault);
const Text& sentenceOf(Fault fault);

struct Refusal {
    Fault fault;
    std::string detail;  // for engineers, in English; may be empty
};

template <class T>
using Verdict = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(Fault fault, std::string detail = {}) {
    return tl::unexpected<Refusal>(Refusal{fault, std::move(detail)});
}
/// A fault whose cause the shared libraries have told.
inline tl::unexpected<Refusal> refuse(Fault fault, const base::Error& error) {
    return refuse(error.code == base::Code::Unsupported ? Fault::NewerVersion : fault,
                  error.message);
}

}  // namespace verify

// PROVE(auto x, fault, f()) binds the value of a base::Result or gives its error this fault; PASS
// hands a Verdict's refusal on.
#define PROVE_IMPL_(tmp, target, fault, expression)          \
    auto tmp = (expression);                                 \
    if (!tmp) return ::verify::refuse((fault), tmp.error()); \
    target = std::move(*tmp)
#define PROVE(target, fault, ...) \
    PROVE_IMPL_(TS_CONCAT(proveResult_, __COUNTER__), target, fault, (__VA_ARGS__))
#define PASS(...)                                                                \
    do {                                                                         \
        auto passed_ = (__VA_ARGS__);                                            \
        if (!passed_) return tl::unexpected<::verify::Refusal>(passed_.error()); \
    } while (false)
