#include "store/rules.h"

namespace store {

using base::Code;
using base::Error;
using base::fail;

Status checkKey(const Table& table, ByteView key) {
    if (table.id == 0) return fail(Code::Internal, "Table number 0 belongs to the store itself.");
    if (key.empty() || key.size() > kKeyBytesMax) {
        return fail(Code::Limit, "A key of table '" + std::string(table.name) + "' has " +
                                     std::to_string(key.size()) + " bytes; 1 to 511 are allowed.");
    }
    return {};
}

bool startsWith(ByteView key, ByteView prefix) {
    return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

Bytes endOfPrefix(ByteView prefix) {
    Bytes end = base::copy(prefix);
    while (!end.empty() && end.back() == 0xff) end.pop_back();
    if (!end.empty()) ++end.back();
    return end;
}

Error errorEnded() {
    return {Code::Internal, "The transaction has already ended."};
}

Error errorScanning() {
    return {Code::Internal, "A transaction cannot be changed or ended while it is being scanned."};
}

Error errorOutOfOrder() {
    return {Code::Internal, "A key that was to be appended is not greater than the last one."};
}

Error errorReopen() {
    return {Code::Io,
            "An earlier write to the store failed, so what it holds is uncertain; restart the "
            "program to read it again."};
}

Result<WriterTurn::Held> WriterTurn::take() {
    const std::thread::id self = std::this_thread::get_id();
    std::unique_lock lock(m_mutex);
    if (m_owner == self) {
        return fail(Code::Internal, "This thread already has a write transaction on the store.");
    }
    m_free.wait(lock, [this] { return m_owner == std::thread::id(); });
    m_owner = self;
    return Held(*this);
}

void WriterTurn::Held::release() {
    if (m_turn == nullptr) return;
    WriterTurn& turn = *std::exchange(m_turn, nullptr);
    {
        std::lock_guard lock(turn.m_mutex);
        turn.m_owner = std::thread::id();
    }
    turn.m_free.notify_one();
}

}  // namespace store
