#pragma once
// What the office decides about work that came without the right: an entry of its own with the
// change `judged`. If it adopts, the other changes of that entry are the adopted one's, and belong
// to the same act: whoever names a write of it means the adopted one, in whatever order they come.
// PROTOCOL.md, section 12, "Decisions".

#include <optional>
#include <span>
#include "domain/directory.h"
#include "ledger/entry.h"

namespace replica {

/// An act of a device, in the ledger in which the office decides about it.
struct Judgeable {
    base::ScopeId scope;
    base::DeviceId device;
    base::Hash act;
    auto operator<=>(const Judgeable&) const = default;

    base::Bytes key() const;  // scope ‖ device ‖ act
    static base::Result<Judgeable> ofKey(base::ByteView key);
};
inline Judgeable judgeableOf(const base::ScopeId& scope, const domain::Judged& judged) {
    return {scope, judged.device, judged.entry};
}

/// The place of the decision in an entry: of its first change `judged` that has the right.
std::optional<std::size_t> decisionIn(const domain::Directory& directory,
                                      const base::DeviceId& author, const base::ScopeId& scope,
                                      std::uint64_t directorySize,
                                      std::span<const domain::Change> changes);

/// What its author's device adopts with these changes, which had the right to decide.
std::optional<domain::Judged> adoptedBy(std::span<const domain::Change> changes,
                                        std::optional<std::size_t> decision);

/// The act that the changes of an entry belong to, by which others name its writes.
const base::Hash& actNamed(const base::Hash& own, const std::optional<domain::Judged>& adopted);

}  // namespace replica
