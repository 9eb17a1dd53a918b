/*
 * cmd_audit.c — verifies and sums the records of the audit topic.
 */
#include "app/audit_report.h"
#include "app/audit_verify.h"
#include "app/setup.h"

enum wv_exit wv_cmd_audit(const struct wv_arguments *arguments)
{
    static const char *const of_report[] = {"from", "to", "region", "format", "broken"};
    const char *verb = arguments->operand_count > 0 ? arguments->operands[0] : "";
    if (strcmp(verb, "report") == 0) {
        return wv_audit_report(arguments);
    }
    if (strcmp(verb, "verify") != 0) {
        return wv_usage_fail(arguments, "audit: say verify or report");
    }
    for (size_t i = 0; i < WV_COUNT(of_report); i++) {
        if (wv_argument_given(arguments, of_report[i])) {
            return wv_usage_fail(arguments, "--%s belongs to `audit report`", of_report[i]);
        }
    }
    return wv_audit_verify(arguments);
}
