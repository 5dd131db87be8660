#pragma once
// Entries that are written again. After a fork a device restates under a new incarnation what was
// never ordered under the old one. An entry and those that restate it are one act, named by the
// hash of the first, and of one act the first entry in the ledger has effect, whichever it is.
// PROTOCOL.md, section 12, "Acts".

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include "ledger/entry.h"

namespace session {

/// How an act of a device came into a ledger first.
enum class ActHeld : std::uint8_t { Written = 1, Restated = 2 };

/// Why an entry has no effect as a whole; nothing if it is the first of its act. `continues` says
/// whether the first entry of its chain goes on from another incarnation, `held` what the ledger
/// before it holds of its act by the same device.
std::optional<std::string_view> reasonOfAct(const ledger::Entry& entry, bool continues,
                                            std::optional<ActHeld> held);

/// Whether the chain that begins with this entry may restate.
bool beginsContinuing(const ledger::ChainId& chain, const ledger::Entry& entry);

/// The acts of one ledger in memory: of the directory, which is in memory anyway.
class Acts {
public:
    /// Takes the next entry of the ledger; why it has no effect.
    std::optional<std::string_view> take(const ledger::ChainId& chain, const ledger::Entry& entry);

private:
    std::map<std::pair<base::DeviceId, base::Hash>, ActHeld> m_held;
    std::set<ledger::ChainId> m_continuing;
};

}  // namespace session
