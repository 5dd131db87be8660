#include "store/lmdb_error.h"
#include <lmdb.h>
#include <cerrno>

namespace store {

using base::Code;
using base::Error;

Error lmdbError(int rc, const std::string& what, const Path& folder) {
    const std::string start = "Cannot " + what + " the store '" + folder.string() + "': ";
    switch (rc) {
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND:
        case MDB_INVALID:
        case MDB_CURSOR_FULL:
        case MDB_INCOMPATIBLE:
            return {Code::Corrupt, start + "it is damaged; restore it from a backup."};
        case MDB_VERSION_MISMATCH:
            return {
                Code::Unsupported,
                start + "its files were written by another version of LMDB; update this program."};
        case MDB_MAP_FULL:
            return {Code::Io, start + "it has reached the size reserved for it."};
        case MDB_TXN_FULL:
            return {Code::Io, start + "one transaction changes too much."};
        case MDB_READERS_FULL:
            return {Code::Io, start + "too many readers at once."};
        case MDB_BAD_VALSIZE:
            return {Code::Limit, start + "a key or value is too long."};
        case MDB_BAD_TXN:
            return {Code::Io,
                    start + "an earlier change of the transaction failed; nothing was stored."};
        case MDB_PANIC:
            return {Code::Io, start + "an earlier write failed badly; restart the program."};
        case ENOSPC:
        case EDQUOT:
            return {Code::Io,
                    start + "the disk is full; free some space, then restart the program."};
        case EIO:
            return {
                Code::Io,
                start +
                    "the disk is full or fails; free some space, check the disk, then restart."};
        case ENOMEM:
            return {Code::Io, start + "the system does not give the address space that it needs."};
        default:
            if (rc > 0) return systemError(rc, what + " the store", folder);
            return {Code::Internal, start + mdb_strerror(rc) + "."};
    }
}

bool isDiskTrouble(int rc) {
    return rc == ENOSPC || rc == EDQUOT || rc == EIO || rc == EFBIG;
}

}  // namespace store
