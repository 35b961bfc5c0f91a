/* LAB ONLY: lets sanlock start where nothing may raise a resource limit, by turning that one refusal into success.
   Preloaded into sanlock alone, and only on a host that lacks CAP_SYS_RESOURCE. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/resource.h>

static int lenient(const char *name, __rlimit_resource_t resource, const void *limit)
{
    int (*real)(__rlimit_resource_t, const void *) = dlsym(RTLD_NEXT, name);
    int status = real(resource, limit);
    return status && errno == EPERM ? 0 : status;
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit) { return lenient("setrlimit", resource, limit); }
int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit) { return lenient("setrlimit64", resource, limit); }
