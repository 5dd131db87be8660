#include "session/acts.h"

namespace session {

std::optional<std::string_view> reasonOfAct(const ledger::Entry& entry, bool continues,
                                            std::optional<ActHeld> held) {
    if (!entry.header.restates) {
        if (held == ActHeld::Restated) return "had been written again before it arrived";
        return {};
    }
    if (!continues) return "was written again in a chain that continues no other";
    if (held == ActHeld::Written) return "was written again although it had arrived";
    if (held == ActHeld::Restated) return "was written again a second time";
    return {};
}

bool beginsContinuing(const ledger::ChainId& chain, const ledger::Entry& entry) {
    return entry.header.continues && entry.header.continues->incarnation != chain.incarnation;
}

std::optional<std::string_view> Acts::take(const ledger::ChainId& chain,
                                           const ledger::Entry& entry) {
    if (beginsContinuing(chain, entry)) m_continuing.insert(chain);
    auto held = m_held.find({chain.device, ledger::actOf(entry)});
    auto reason = reasonOfAct(entry, m_continuing.contains(chain),
                              held == m_held.end() ? std::nullopt : std::optional(held->second));
    if (entry.header.restates && !reason)
        m_held.emplace(std::pair(chain.device, *entry.header.restates), ActHeld::Restated);
    m_held.emplace(std::pair(chain.device, entry.hash), ActHeld::Written);
    return reason;
}

}  // namespace session
