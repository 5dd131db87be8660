#pragma once
// What the ceilings are made of: a log in LMDB, and frames of it over a socket. No more than
// measuring needs: every failure throws.

#include <arpa/inet.h>
#include <lmdb.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zstd.h>
#include <array>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench::plain {

using Bytes = std::vector<unsigned char>;
using Link = std::array<unsigned char, 32>;

inline constexpr std::size_t kSignEvery = 256;
inline constexpr std::size_t kFrameBytes = 128 * 1024;
inline constexpr std::size_t kTaskBytes = 30;  // of a line's beginning, as the key of its state
inline constexpr int kLevel = 3;

inline void need(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(std::string("the ceiling failed: ") + what);
}

/// LMDB with two tables: the log under growing numbers, and the newest line of each task.
class Database {
public:
    explicit Database(const std::filesystem::path& folder,
                      std::size_t mapBytes = std::size_t{4} << 30) {
        std::filesystem::create_directories(folder);
        need(mdb_env_create(&m_env) == 0 && mdb_env_set_mapsize(m_env, mapBytes) == 0 &&
                 mdb_env_set_maxdbs(m_env, 2) == 0 &&
                 mdb_env_open(m_env, folder.c_str(), MDB_NOTLS, 0600) == 0,
             "opening LMDB");
        begin(0);
        need(mdb_dbi_open(m_txn, "log", MDB_CREATE, &m_log) == 0, "making a table");
        need(mdb_dbi_open(m_txn, "state", MDB_CREATE, &m_state) == 0, "making a table");
        commit();
    }
    ~Database() { mdb_env_close(m_env); }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void begin(unsigned flags) {
        need(mdb_txn_begin(m_env, nullptr, flags, &m_txn) == 0, "beginning");
    }
    void commit() { need(mdb_txn_commit(m_txn) == 0, "committing"); }
    void abort() { mdb_txn_abort(m_txn); }

    void append(std::uint64_t number, const Bytes& value) {
        std::uint64_t ordered = __builtin_bswap64(number);
        MDB_val k{sizeof ordered, &ordered};
        MDB_val v{value.size(), const_cast<unsigned char*>(value.data())};
        need(mdb_put(m_txn, m_log, &k, &v, MDB_APPEND) == 0, "appending");
    }
    void putState(std::string_view line) {
        MDB_val k{std::min(kTaskBytes, line.size()), const_cast<char*>(line.data())};
        MDB_val v{line.size(), const_cast<char*>(line.data())};
        need(mdb_put(m_txn, m_state, &k, &v, 0) == 0, "storing");
    }
    void eachOfLog(const std::function<void(const MDB_val&)>& visit) {
        MDB_cursor* cursor = nullptr;
        need(mdb_cursor_open(m_txn, m_log, &cursor) == 0, "reading");
        MDB_val k;
        MDB_val v;
        while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0) visit(v);
        mdb_cursor_close(cursor);
    }

private:
    MDB_env* m_env = nullptr;
    MDB_txn* m_txn = nullptr;
    MDB_dbi m_log = 0;
    MDB_dbi m_state = 0;
};

struct Keys {
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open{};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
    std::array<unsigned char, crypto_aead_chacha20poly1305_ietf_KEYBYTES> channel{};

    Keys() {
        need(sodium_init() >= 0, "starting libsodium");
        crypto_sign_keypair(open.data(), secret.data());
        randombytes_buf(channel.data(), channel.size());
    }
};

inline void extend(Link& link, std::string_view line) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, link.size());
    crypto_generichash_update(&state, link.data(), link.size());
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(line.data()),
                              line.size());
    crypto_generichash_final(&state, link.data(), link.size());
}

/// u8 signed ‖ [signature] ‖ line.
inline Bytes entryOf(const Keys& keys, Link& link, const std::string& line, bool isSigned) {
    extend(link, line);
    Bytes out{static_cast<unsigned char>(isSigned)};
    if (isSigned) {
        out.resize(1 + crypto_sign_BYTES);
        crypto_sign_detached(out.data() + 1, nullptr, link.data(), link.size(), keys.secret.data());
    }
    out.insert(out.end(), line.begin(), line.end());
    return out;
}

class Socket {
public:
    explicit Socket(int fd) : m_fd(fd) {
        int one = 1;
        need(m_fd >= 0, "a socket");
        setsockopt(m_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    ~Socket() { close(m_fd); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int fd() const { return m_fd; }

    void send(const void* bytes, std::size_t size) {
        for (auto* at = static_cast<const char*>(bytes); size > 0;) {
            ssize_t done = write(m_fd, at, size);
            need(done > 0, "sending");
            at += done;
            size -= static_cast<std::size_t>(done);
        }
    }
    void receive(void* bytes, std::size_t size) {
        for (auto* at = static_cast<char*>(bytes); size > 0;) {
            ssize_t done = read(m_fd, at, size);
            need(done > 0, "receiving");
            at += done;
            size -= static_cast<std::size_t>(done);
        }
    }

private:
    int m_fd;
};

using Nonce = std::array<unsigned char, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

inline Nonce nonceOf(std::uint64_t number) {
    Nonce out{};
    std::memcpy(out.data(), &number, sizeof number);
    return out;
}

/// Frames: u32 size ‖ encrypted (zstd of (u16 size ‖ entry)*); an empty frame ends.
class Sender {
public:
    Sender(Socket& socket, const Keys& keys)
        : m_socket(socket), m_keys(keys), m_zstd(ZSTD_createCCtx()) {}
    ~Sender() { ZSTD_freeCCtx(m_zstd); }

    void add(const MDB_val& entry) {
        auto size = static_cast<std::uint16_t>(entry.mv_size);
        auto* bytes = static_cast<const unsigned char*>(entry.mv_data);
        m_frame.push_back(static_cast<unsigned char>(size & 0xff));
        m_frame.push_back(static_cast<unsigned char>(size >> 8));
        m_frame.insert(m_frame.end(), bytes, bytes + size);
        if (m_frame.size() > kFrameBytes) flush();
    }
    void finish() {
        if (!m_frame.empty()) flush();
        flush();
    }
    std::uint64_t sent() const { return m_sent; }

private:
    void flush() {
        m_packed.resize(ZSTD_compressBound(m_frame.size()));
        std::size_t packed = ZSTD_compressCCtx(m_zstd, m_packed.data(), m_packed.size(),
                                               m_frame.data(), m_frame.size(), kLevel);
        need(ZSTD_isError(packed) == 0, "packing");
        m_out.resize(4 + packed + crypto_aead_chacha20poly1305_ietf_ABYTES);
        unsigned long long sealed = 0;
        Nonce nonce = nonceOf(m_number++);
        crypto_aead_chacha20poly1305_ietf_encrypt(m_out.data() + 4, &sealed, m_packed.data(),
                                                  packed, nullptr, 0, nullptr, nonce.data(),
                                                  m_keys.channel.data());
        auto size = static_cast<std::uint32_t>(sealed);
        std::memcpy(m_out.data(), &size, sizeof size);
        m_socket.send(m_out.data(), m_out.size());
        m_sent += m_out.size();
        m_frame.clear();
    }

    Socket& m_socket;
    const Keys& m_keys;
    ZSTD_CCtx* m_zstd;
    Bytes m_frame;
    Bytes m_packed;
    Bytes m_out;
    std::uint64_t m_number = 0;
    std::uint64_t m_sent = 0;
};

class Receiver {
public:
    /// Numbers what it stores from `first`.
    Receiver(Socket& socket, const Keys& keys, Database& database, std::uint64_t first = 0)
        : m_socket(socket), m_keys(keys), m_database(database), m_next(first) {}

    /// Stores what comes in the open transaction; the number after the last entry.
    std::uint64_t run() {
        std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> zstd(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
        Bytes sealed, packed, frame;
        for (std::uint64_t number = 0;; ++number) {
            std::uint32_t size = 0;
            m_socket.receive(&size, sizeof size);
            need(size < 4 * kFrameBytes, "a frame's size");
            sealed.resize(size);
            packed.resize(size);
            m_socket.receive(sealed.data(), size);
            unsigned long long opened = 0;
            Nonce nonce = nonceOf(number);
            need(crypto_aead_chacha20poly1305_ietf_decrypt(
                     packed.data(), &opened, nullptr, sealed.data(), size, nullptr, 0, nonce.data(),
                     m_keys.channel.data()) == 0,
                 "decrypting");
            frame.resize(ZSTD_getFrameContentSize(packed.data(), opened));
            need(ZSTD_decompressDCtx(zstd.get(), frame.data(), frame.size(), packed.data(),
                                     opened) == frame.size(),
                 "unpacking");
            if (frame.empty()) break;
            take(frame);
        }
        return m_next;
    }

private:
    void take(const Bytes& frame) {
        for (std::size_t at = 0; at < frame.size();) {
            std::size_t size = frame[at] | static_cast<std::size_t>(frame[at + 1]) << 8;
            at += 2;
            need(size > 1 && at + size <= frame.size(), "an entry's size");
            const unsigned char* entry = frame.data() + at;
            std::size_t offset = 1 + (entry[0] != 0 ? crypto_sign_BYTES : 0);
            std::string_view line(reinterpret_cast<const char*>(entry) + offset, size - offset);
            extend(m_link, line);
            if (entry[0] != 0) {
                need(crypto_sign_verify_detached(entry + 1, m_link.data(), m_link.size(),
                                                 m_keys.open.data()) == 0,
                     "a signature");
            }
            m_database.append(m_next++, Bytes(entry, entry + size));
            m_database.putState(line);
            at += size;
        }
    }

    Socket& m_socket;
    const Keys& m_keys;
    Database& m_database;
    Link m_link{};
    std::uint64_t m_next;
};

/// Listens on a free port of loopback.
class Door {
public:
    Door() : m_socket(socket(AF_INET, SOCK_STREAM, 0)) {
        m_address.sin_family = AF_INET;
        m_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        need(bind(m_socket.fd(), plain(), m_length) == 0 && listen(m_socket.fd(), 64) == 0 &&
                 getsockname(m_socket.fd(), plain(), &m_length) == 0,
             "listening");
    }
    int accepted() { return accept(m_socket.fd(), nullptr, nullptr); }
    int connected() {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        need(connect(fd, plain(), m_length) == 0, "connecting");
        return fd;
    }

private:
    sockaddr* plain() { return reinterpret_cast<sockaddr*>(&m_address); }

    Socket m_socket;
    sockaddr_in m_address{};
    socklen_t m_length = sizeof m_address;
};

}  // namespace bench::plain
