// What people type from a paper: refused, or the code that its text says.

#include "store/recovery_code.h"
#include "target.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto code = store::RecoveryCode::parse(base::text({data, size}));
    if (!code) return 0;
    auto again = store::RecoveryCode::parse(code->text());
    must(again && crypto::equalConstantTime(again->secret.view(), code->secret.view()),
         "a code that reads otherwise when it is written again");
    return 0;
}
