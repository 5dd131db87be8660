#include "documents/archive.h"
#include <zip.h>
#include <new>
#include "base/limits.h"

namespace documents {

namespace limits = base::limits;

namespace {

using base::Code;

struct CloseFile {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::string damaged(const std::string& part) {
    return "the spreadsheet's part " + part + " is damaged; open the file and save it again";
}

}  // namespace

void Archive::Close::operator()(zip* archive) const {
    zip_discard(archive);
}

base::Result<Archive> Archive::open(base::ByteView bytes) {
    constexpr const char* kNotZip =
        "the spreadsheet is damaged or cut off (not a readable zip file); get it again from its "
        "sender";
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    zip_t* archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
    if (!archive && source) zip_source_free(source);
    const bool isMemoryShort = zip_error_code_zip(&error) == ZIP_ER_MEMORY;
    zip_error_fini(&error);
    if (!archive && isMemoryShort) throw std::bad_alloc();
    if (!archive) return base::fail(Code::Malformed, kNotZip);
    Archive opened(archive);
    if (zip_get_num_entries(archive, 0) > static_cast<zip_int64_t>(limits::kArchiveEntriesMax)) {
        return base::fail(Code::Limit, "the spreadsheet has too many parts; it is no task table");
    }
    return opened;
}

bool Archive::has(const std::string& part) const {
    return zip_name_locate(m_zip.get(), part.c_str(), ZIP_FL_NOCASE) >= 0;
}

base::Result<std::string> Archive::read(const std::string& part) {
    zip_int64_t index = zip_name_locate(m_zip.get(), part.c_str(), ZIP_FL_NOCASE);
    if (index < 0) {
        return base::fail(Code::Malformed, "the spreadsheet lacks its part " + part.substr(0, 100));
    }
    auto entry = static_cast<zip_uint64_t>(index);
    zip_stat_t stat;
    constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    if (zip_stat_index(m_zip.get(), entry, 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
        return base::fail(Code::Malformed, damaged(part));
    }
    bool bomb = stat.size > limits::kArchiveRatioFreeBytes &&
                stat.size / limits::kArchiveRatioMax > stat.comp_size;
    if (bomb || stat.size > limits::kArchivePartBytesMax ||
        m_bytesRead + stat.size > limits::kArchiveBytesMax) {
        return base::fail(Code::Limit, "the spreadsheet's part " + part +
                                           " unpacks to far more than a task table needs; refused");
    }
    std::unique_ptr<zip_file_t, CloseFile> file(zip_fopen_index(m_zip.get(), entry, 0));
    if (!file) {
        if (zip_error_code_zip(zip_get_error(m_zip.get())) == ZIP_ER_MEMORY) throw std::bad_alloc();
        return base::fail(Code::Malformed, "the spreadsheet's part " + part +
                                               " cannot be unpacked; is the file encrypted?");
    }
    // The size comes from the archive and may lie: one byte more than promised is already too much.
    std::string out(static_cast<std::size_t>(stat.size) + 1, '\0');
    std::size_t size = 0;
    for (;;) {
        zip_int64_t got = zip_fread(file.get(), out.data() + size, out.size() - size);
        if (got < 0) return base::fail(Code::Malformed, damaged(part));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size != stat.size) return base::fail(Code::Malformed, damaged(part));
    out.resize(size);
    m_bytesRead += size;
    return out;
}

}  // namespace documents
