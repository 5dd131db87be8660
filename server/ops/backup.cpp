#include "ops/backup.h"

#include <algorithm>

#include "base/limits.h"
#include "store/large_files.h"

namespace ops {
namespace {

using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;

constexpr std::string_view kMagic{"TSBACKUP", 8};
constexpr std::size_t kFooterBytes = 4 + kMagic.size();
constexpr std::size_t kWatermarkBytesMax =
    ledger::kWatermarkFixedBytes + 5 +
    base::limits::kWatermarkLedgersMax * ledger::kWatermarkLedgerBytes;

tl::unexpected<base::Error> noBackup(const Path& file, const std::string& why) {
    return fail(Code::Corrupt, "'" + file.string() + "' is no whole backup: " + why +
                                   ". Take another one; nothing was changed.");
}

/// Removes the unfinished copy, whatever happens.
class Unfinished {
public:
    explicit Unfinished(Path path) : m_path(std::move(path)) { remove(); }
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;
    ~Unfinished() { remove(); }
    const Path& path() const { return m_path; }

private:
    void remove() const {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    Path m_path;
};

Status checkTarget(const DataFolder& folder, const Path& file) {
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) {
        return fail(Code::InvalidInput, "'" + file.string() +
                                            "' exists already; a backup is never written over. "
                                            "Choose another name.");
    }
    const Path parent = file.has_parent_path() ? file.parent_path() : Path(".");
    if (!std::filesystem::is_directory(parent, ignored)) {
        return fail(Code::NotFound, "There is no folder '" + parent.string() +
                                        "' for the backup; make it, or name another one.");
    }
    if (std::filesystem::equivalent(parent, folder.storeFolder(), ignored)) {
        return fail(Code::InvalidInput,
                    "A backup does not belong into the store's own folder: choose another disk, "
                    "best on another machine.");
    }
    return {};
}

}  // namespace

Result<BackupReport> backup(const DataFolder& folder, const Path& file, const base::Clock& clock,
                            base::Random& random, const reg::Progress& progress) {
    CHECK_OK(checkTarget(folder, file));
    TRY(ServerKey key, folder.loadKey());
    BackupReport out;
    // Before the copy: whoever is heard later may have sent what it lacks.
    out.watermark.time = static_cast<std::uint64_t>(clock.nowMs());
    const Unfinished part(Path(file.string() + ".part"));
    {
        TRY(auto store, folder.openStore(key, store::Access::ReadOnly, random));
        CHECK_OK(store->copyTo(part.path()));
    }
    TRY(reg::Verified verified, folder.verifyStoreAt(part.path(), key, random, progress));
    out.watermark.province = verified.province;
    out.watermark.charterVersion = verified.charterVersion;
    out.watermark.ledgers = std::move(verified.ledgers);
    const Path data = part.path() / "data.mdb";
    TRY(out.watermark.dataBytes, store::fileSize(data));
    TRY(out.watermark.dataHash, store::hashPart(data, out.watermark.dataBytes, kBackupTag));
    out.watermark.sign(key.head);
    Bytes trailer = out.watermark.encode();
    base::Writer(trailer).u32(static_cast<std::uint32_t>(trailer.size())).raw(base::view(kMagic));
    CHECK_OK(store::appendDurably(data, trailer));
    CHECK_OK(store::renameDurably(data, file));
    out.fileBytes = out.watermark.dataBytes + trailer.size();
    return out;
}

Result<ledger::Watermark> readWatermark(const Path& file, const ServerKey& key) {
    TRY(const std::uint64_t fileBytes, store::fileSize(file));
    if (fileBytes < kFooterBytes) return noBackup(file, "it is too short");
    TRY(Bytes footer, store::readPart(file, fileBytes - kFooterBytes, kFooterBytes));
    base::Reader in(footer);
    const std::uint32_t length = in.u32();
    if (base::text(in.raw(kMagic.size())) != kMagic)
        return noBackup(file, "its end is missing or changed");
    if (length > kWatermarkBytesMax || length > fileBytes - kFooterBytes)
        return noBackup(file, "its end is changed");
    const std::uint64_t dataBytes = fileBytes - kFooterBytes - length;
    TRY(Bytes bytes, store::readPart(file, dataBytes, length));
    auto mark = ledger::Watermark::decode(bytes);
    if (!mark || mark->dataBytes != dataBytes) return noBackup(file, "its end is changed");
    if (!mark->verify(key.head.publicKey)) {
        return noBackup(
            file,
            "the keys in this copy of server.key have not signed it (is the copy older than the "
            "last rotate-key?), or it was changed since");
    }
    return std::move(*mark);
}

}  // namespace ops
