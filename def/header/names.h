typedef struct _SecHandle CredHandle, *PCredHandle;
typedef struct _SecHandle CtxtHandle, *PCtxtHandle;
typedef struct _SECURITY_INTEGER TimeStamp, *PTimeStamp;

/* An identity in any of its forms, which begin in ways that can be told apart. */
typedef PVOID PSEC_WINNT_AUTH_IDENTITY_OPAQUE;

typedef enum _SASL_AUTHZID_STATE {
    Sasl_AuthZIDForbidden,
    Sasl_AuthZIDProcessed
} SASL_AUTHZID_STATE;
