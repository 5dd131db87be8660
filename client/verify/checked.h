#pragma once
// What a receipt and an exported ledger have in common once they are checked.

#include <optional>
#include <vector>
#include "domain/directory.h"
#include "ledger/entry.h"
#include "verify/refusal.h"

namespace verify {

struct CheckedProvince {
    base::ProvinceId id;
    std::string name;
    std::string code;  // of its own unit
};

/// A device as the directory tells of it.
struct Author {
    base::DeviceId device;
    std::string unit;
    std::string unitName;
    std::vector<domain::Officer> officers;
};

enum class Content {
    Closed,        // nothing came along that opens it
    Told,          // opened and read
    Invalid,       // opened, but it says nothing that can be read
    NewerProgram,  // opened, but a newer program must read it
};

/// What an entry says, with why a change has no effect, as far as the directory here tells.
struct Said {
    Content content = Content::Closed;
    std::vector<domain::Change> changes;
    std::vector<std::optional<std::string>> withoutEffect;
    /// Of each change: the officer whose signature it carries, verified with the key under which
    /// the directory here knows him.
    std::vector<std::optional<domain::Officer>> signedBy;
};

CheckedProvince provinceOf(const domain::Directory& directory);
/// The officers who were enrolled on it before that size of the directory.
Author authorOf(const domain::Directory& directory, const domain::Device& device,
                std::uint64_t directorySize);

/// The body of a unit's entry, opened with these keys. OpeningWrong.
Verdict<Said> openEntry(const crypto::Secret<64>& keys, const ledger::Entry& entry,
                        const domain::Directory& directory, const base::DeviceId& author,
                        const base::ScopeId& scope, std::uint64_t directorySize);

}  // namespace verify
