#include "store/private_file.h"

namespace store {

bool isOpenToOthers(const Path& path) {
    using std::filesystem::perms;
    std::error_code error;
    const perms mode = std::filesystem::status(path, error).permissions();
    return !error && (mode & (perms::group_all | perms::others_all)) != perms::none;
}

Status checkPrivate(const Path& path, const std::string& what) {
    if (!isOpenToOthers(path)) return {};
    return base::fail(base::Code::Io,
                      what + " '" + path.string() +
                          "' can be read by others on this machine: run `chmod 600 " +
                          path.string() + "`, and think about who may have read it.");
}

Result<crypto::SecretBytes> readSecretFile(const Path& path, std::size_t bytesMax) {
    TRY(Bytes bytes, readFile(path, bytesMax));
    return crypto::SecretBytes(std::move(bytes));
}

}  // namespace store
