#include "replica/decisions.h"

namespace replica {

base::Bytes Judgeable::key() const {
    base::Bytes out;
    base::Writer(out).raw(scope.view()).raw(device.view()).raw(act.view());
    return out;
}

base::Result<Judgeable> Judgeable::ofKey(base::ByteView key) {
    base::Reader in(key);
    Judgeable out;
    out.scope = in.fixed<base::ScopeId>();
    out.device = in.fixed<base::DeviceId>();
    out.act = in.fixed<base::Hash>();
    if (!in.atEnd()) return base::fail(base::Code::Corrupt, "a decision's key cannot be read");
    return out;
}

std::optional<std::size_t> decisionIn(const domain::Directory& directory,
                                      const base::DeviceId& author, const base::ScopeId& scope,
                                      std::uint64_t directorySize,
                                      std::span<const domain::Change> changes) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (!std::holds_alternative<domain::Judged>(changes[i])) continue;
        if (!domain::reasonWithoutEffect(directory, author, scope, directorySize, changes[i]))
            return i;
    }
    return {};
}

std::optional<domain::Judged> adoptedBy(std::span<const domain::Change> changes,
                                        std::optional<std::size_t> decision) {
    if (!decision) return {};
    const auto& judged = std::get<domain::Judged>(changes[*decision]);
    if (judged.verdict != domain::Verdict::Adopted) return {};
    return judged;
}

const base::Hash& actNamed(const base::Hash& own, const std::optional<domain::Judged>& adopted) {
    return adopted ? adopted->entry : own;
}

}  // namespace replica
