// Requests for authority signatures, as they come back on somebody's stick. The checksum at the end
// is made right, else nothing would get past it.

#include "base/text.h"
#include "office/signing_request.h"
#include "target.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes bytes(data, data + size);
    const base::Hash end = crypto::hash("", {bytes});
    base::Writer(bytes).raw(end.view());
    auto request = office::SigningRequest::decode(bytes);
    if (!request) return 0;
    must(base::isUtf8(request->text()), "a request shows what is no text");
    must(request->signatures() <= request->authority.keys.size(), "more signatures than keys");
    const Bytes written = request->encode();
    auto again = office::SigningRequest::decode(written);
    must(again && again->encode() == written, "a request says something else when written again");
    static const auto key = crypto::SigningKey::fromSeed(crypto::SecretKey());
    if (!request->sign(key)) {
        must(request->encode() == written, "a request was changed by a key that is none of its");
        return 0;
    }
    must(request->signatures() >= 1, "a signature does not count");
    must(office::SigningRequest::decode(request->encode()).has_value(), "a signed request is none");
    return 0;
}
