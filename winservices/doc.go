// Package winservices tells which services of Windows run in which process: many share a process called svchost.exe,
// whose name says nothing.
//
// The list is that of EnumServicesStatusEx (winsvc.h). Its parser takes bytes and builds on every system; elsewhere than
// on Windows there are no services.
package winservices
