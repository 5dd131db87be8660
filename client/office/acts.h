#pragma once
// What the administrator's acts share.

#include "replica/replica.h"

namespace office {

/// Cuts changes into acts that fit an entry.
std::vector<replica::Act> actsOf(const base::ScopeId& scope, std::vector<domain::Change> changes);
/// The same, where changes of one group must stand in one entry: `groups` are of at most
/// kGroupChangesMax changes each.
std::vector<replica::Act> actsOf(const base::ScopeId& scope,
                                 std::vector<std::vector<domain::Change>> groups);
/// At about 250 bytes each, which do not pack, these fit an entry.
inline constexpr std::size_t kGroupChangesMax = 128;

}  // namespace office
