#pragma once
// What an import and an assignment write: only what differs, in entries that keep within limits.

#include "domain/row.h"
#include "replica/replica.h"

namespace office {

/// Of one entry, estimated and not packed: 64 KiB hold it even if nothing packs.
inline constexpr std::size_t kActBytes = 40 * 1024;
/// What a field takes besides its text.
inline constexpr std::size_t kFieldBytes = 40;

using Wanted = std::vector<std::pair<domain::Field, domain::Value>>;

/// What a field with this value takes in an act, estimated.
std::size_t sizeOf(const domain::Value& value);

/// Collects changes of one ledger into entries that keep within their limits.
class ActBuilder {
public:
    explicit ActBuilder(const base::ScopeId& scope) : m_scope(scope) {}
    void add(domain::Written written);
    void finish(std::vector<replica::Act>& out);

private:
    base::ScopeId m_scope;
    std::vector<replica::Act> m_acts;
    std::size_t m_size = 0;
};

/// The fields of an object that differ from what is shown, as one change; nothing if none does.
std::optional<domain::Written> writtenIfChanged(const replica::ObjectKey& key,
                                                const domain::Row* row, const Wanted& wanted);

}  // namespace office
