#include "cli/fingerprints.h"
#include "replica/receipt_export.h"

namespace cli {

std::string provinceWords(const domain::Directory& directory) {
    return domain::fingerprintWords(replica::rootFingerprint(directory));
}

std::string deviceWords(const domain::Directory& directory, const domain::Device& device) {
    return domain::fingerprintWords(
        domain::deviceFingerprint(directory.province(), device.key, device.exchangeKey));
}

std::string deviceWords(const replica::Identity& own) {
    return domain::fingerprintWords(domain::deviceFingerprint(own.province, own.deviceKey.publicKey,
                                                              own.exchangeKey.publicKey));
}

std::string officersOf(const domain::Device* device, std::optional<base::TimeMs> until) {
    std::string out;
    if (device == nullptr) return out;
    for (const domain::Officer& officer : device->officers) {
        bool isLater = until && officer.enrolledAt > *until && !out.empty();
        if (!isLater) out += (out.empty() ? "" : " / ") + officer.name;
    }
    return out;
}

}  // namespace cli
