#include "cli/last_session.h"
#include "base/text.h"

namespace cli {
namespace {

constexpr std::string_view kLastSync = "last-sync", kLastFailure = "last-failure";
constexpr std::size_t kFailureBytesMax = 2048;

}  // namespace

using base::Bytes;
using base::sentence;
using base::Status;

Status noteSync(replica::Replica& replica, const base::Clock& clock) {
    Bytes value;
    base::Writer(value).u64(static_cast<std::uint64_t>(clock.nowMs()));
    return replica.setSetting(kLastSync, value);
}

std::optional<base::TimeMs> lastSync(const replica::Replica& replica) {
    auto value = replica.setting(kLastSync);
    if (!value || !*value) return {};
    base::Reader in(**value);
    auto time = static_cast<base::TimeMs>(in.u64());
    return in.ok() ? std::optional(time) : std::nullopt;
}

std::optional<Failure> lastFailure(const replica::Replica& replica) {
    auto value = replica.setting(kLastFailure);
    if (!value || !*value) return {};
    base::Reader in(**value);
    Failure out;
    out.at = static_cast<base::TimeMs>(in.u64());
    out.sentence = base::text(in.sized(kFailureBytesMax));
    return in.atEnd() && !out.sentence.empty() ? std::optional(out) : std::nullopt;
}

Status noteFailure(replica::Replica& replica, const base::Clock& clock, const base::Error& error) {
    const std::string said = sentence(error.message).substr(0, kFailureBytesMax);
    const auto before = lastFailure(replica);
    const base::TimeMs now = clock.nowMs();
    if (before && before->sentence == said && now - before->at < kSessionNoteMs) return {};
    Bytes value;
    base::Writer(value).u64(static_cast<std::uint64_t>(now)).sized(base::view(said));
    return replica.setSetting(kLastFailure, value);
}

Status clearFailure(replica::Replica& replica) {
    if (!lastFailure(replica)) return {};
    return replica.setSetting(kLastFailure, {});
}

}  // namespace cli
